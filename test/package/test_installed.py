# SPDX-License-Identifier: Apache-2.0
"""The life of the installed packages, on a Debian of their own."""

import re
import subprocess

from support.waiting import wait_until

PAYLOAD = bytes(range(256)) * 1024


def newer(packages, folder):
    """The same packages as of the next version, whose configuration says a line more."""
    folder.mkdir()
    files = []
    for name, file in packages.items():
        tree = folder / name
        subprocess.run(["dpkg-deb", "--raw-extract", file, tree], check=True)
        control = tree / "DEBIAN/control"
        text, count = re.subn(r"^(Version: \S+)$", r"\1+next", control.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert count == 1
        control.write_text(text, encoding="utf-8")
        configuration = tree / "etc/apache2/mods-available/websocket.conf"
        if configuration.exists():
            with configuration.open("a", encoding="utf-8") as opened:
                opened.write("# A line of the next version.\n")
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, folder / f"{name}.deb"], check=True)
        files.append(folder / f"{name}.deb")
    return files


def test_what_autopkgtest_runs_passes(machine, built):
    source = machine.root / "opt/source"
    subprocess.run(["cp", "--archive", built.source, source], check=True)
    said = machine.run("debian/tests/tunnel", wd="/opt/source")
    assert "goes on over a reload" in said
    assert not (machine.root / "etc/apache2/conf-available/websocket-test.conf").exists()


def test_an_installation_enables_the_module_and_allows_nothing(machine, target, site):
    assert "enabled by maintainer script" in machine.run("a2query", "-m", "websocket")
    site.allow("none")
    machine.run("invoke-rc.d", "apache2", "reload")
    site.await_status(403)


def test_the_configuration_says_the_defaults(machine):
    """Every line that is commented out can be put in force."""
    name = "/etc/apache2/mods-available/websocket.conf"
    text, count = re.subn(r"^#(WebSocket)", r"\1", machine.read(name), flags=re.MULTILINE)
    assert count >= 10
    machine.write(name, text)
    assert "Syntax OK" in machine.run("apache2ctl", "configtest")


def test_a_log_rotation_leaves_open_tunnels_alone(machine, site):
    before = machine.server_processes()
    with site.tunnel() as tunnel:
        tunnel.echo(PAYLOAD)
        machine.run("logrotate", "--force", "/etc/logrotate.d/apache2")
        assert (machine.root / "var/log/apache2/error.log.1").exists()
        assert wait_until(lambda: set(machine.server_processes()) - set(before), 60), "logrotate reloaded nothing"
        site.await_status(101)
        tunnel.echo(PAYLOAD)
        tunnel.close()


def test_an_upgrade_keeps_the_configuration_and_goes_on_serving(machine, site, built, tmp_path):
    name = "/etc/apache2/mods-available/websocket.conf"
    ours = machine.read(name) + "WebSocketConnectTimeout 4s\n"
    machine.write(name, ours)
    machine.install(newer(built.packages, tmp_path / "newer"), "-o", "Dpkg::Options::=--force-confold")
    assert "+next" in machine.run("dpkg-query", "--show", "libapache2-mod-websocket")
    assert machine.read(name) == ours
    assert "A line of the next version" in machine.read(name + ".dpkg-dist")
    site.await_status(101)
    with site.tunnel() as tunnel:
        tunnel.echo(PAYLOAD)
        tunnel.close()


def test_an_upgrade_leaves_a_module_off_that_the_administrator_has_disabled(machine, built, tmp_path):
    machine.run("a2dismod", "--quiet", "websocket")
    machine.install(newer(built.packages, tmp_path / "newer"), "-o", "Dpkg::Options::=--force-confold")
    assert not (machine.root / "etc/apache2/mods-enabled/websocket.load").is_symlink()


def test_a2dismod_ends_it_and_a2enmod_brings_it_back(machine, site):
    machine.run("a2dismod", "--quiet", "websocket")
    machine.run("invoke-rc.d", "apache2", "restart")
    site.await_status(200)
    machine.run("a2enmod", "--quiet", "websocket")
    machine.run("invoke-rc.d", "apache2", "restart")
    site.await_status(101)


def test_removing_and_purging_leave_nothing_behind(bare_machine, built):
    machine = bare_machine
    # What websocket.load depends on is another package's, and stays enabled as after any other module.
    machine.run("a2enmod", "--quiet", "socache_shmcb")
    # Where a2dismod notes who disabled what: apache2's, made when it is first needed.
    notes = {f"/var/lib/apache2/module/disabled_by_{who}" for who in ("admin", "maint")}
    before = machine.files() | notes
    machine.install(built.packages.values())
    installed = machine.run("dpkg-query", "--show", "--showformat=${Package}\n").split()
    assert set(built.packages) <= set(installed)
    machine.run("apt-get", "remove", "--yes", "--quiet", *built.packages)
    assert machine.server_processes(), "apache2 does not run any more"
    assert {one for one in machine.files() - before if one.startswith("/etc/")} == {
        "/etc/apache2/mods-available/websocket.conf", "/etc/apache2/mods-available/websocket.load"}
    machine.run("apt-get", "purge", "--yes", "--quiet", "--autoremove", *built.packages)
    assert machine.files() - before == set()
    assert machine.server_processes(), "apache2 does not run any more"
