# SPDX-License-Identifier: Apache-2.0
"""A Debian of its own in a folder, as an administrator would have it: Debian's apache2 with its own /etc/apache2 and
default site, on a port of its own. It has its processes and mounts to itself and shares the network; when its first
process ends, all of it ends. Needs root."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PACKAGES = ("apache2", "logrotate", "procps", "python3")
BASE_LIFE = 24 * 3600  # seconds; then a newer one is made, since Debian's packages will have changed
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def apt_sources():
    """The mirrors of this machine's own apt, as lines of a sources.list; those of Debian alone."""
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
         "Created-By: Packages", "Origin: Debian"], check=True, text=True, capture_output=True).stdout
    assert lines, "apt knows no mirror of Debian: apt-get update"
    return "".join(line + "\n" for line in dict.fromkeys(lines.splitlines()))


def codename():
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    raise RuntimeError("/etc/os-release names no VERSION_CODENAME")


def make_base(folder):
    """A minimal Debian with PACKAGES in `folder`, unless there is one that is new enough."""
    made = folder.with_suffix(".made")
    if made.exists() and time.time() - made.stat().st_mtime < BASE_LIFE:
        return
    made.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory",
                    "--skip=cleanup/apt", f"--include={','.join(PACKAGES)}", codename(), folder, "-"],
                   input=apt_sources(), text=True, check=True)
    made.touch()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Machine:
    """`root` is its file system, seen from outside; run() does something inside. `folder` is made for it."""

    # Its files lie over those of the base, or are a copy of them where the file system can be nothing's upper layer. A
    # shell goes on as the first process: it reaps what others leave, as init does.
    FIRST = """
      cd "$0" && mkdir upper work root || exit
      mount -t overlay -o "lowerdir=$1,upperdir=$0/upper,workdir=$0/work" overlay root ||
        cp --archive "$1/." root || exit
      mount -t proc proc root/proc && exec chroot root sh -c "echo up; while :; do sleep 1; done"
    """

    def __init__(self, base, folder):
        self._folder = folder
        folder.mkdir()
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", self.FIRST, folder, base],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "up\n", "no namespaces or no /proc for a machine of its own"
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children").read_text(encoding="ascii")
        (self._first,) = children.split()
        self.root = Path(f"/proc/{self._first}/root")
        assert not self.root.samefile("/"), "nothing of this machine itself is to be written to"
        # invoke-rc.d asks it, and without an init system or an answer starts nothing.
        self.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n").chmod(0o755)
        self.http_port = free_port()
        for name, old in ("ports.conf", "Listen 80\n"), ("sites-available/000-default.conf", "<VirtualHost *:80>"):
            file = self.root / "etc/apache2" / name
            text = file.read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{file} is not as Debian's apache2 has it"
            file.write_text(text.replace(old, old.replace("80", str(self.http_port))), encoding="utf-8")

    def run(self, *command, check=True, wd="/"):
        """What the command says, both ways."""
        result = subprocess.run(
            ["nsenter", f"--target={self._first}", "--mount", "--pid", "--root", f"--wdns={wd}", *map(str, command)],
            env=ENVIRONMENT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check:
            assert result.returncode == 0, f"{' '.join(map(str, command))}: {result.returncode}\n{result.stdout}"
        return result.stdout

    def write(self, path, text):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def read(self, path):
        return (self.root / path.lstrip("/")).read_text(encoding="utf-8")

    def bring(self, files):
        """Copies them into the machine; where they are there."""
        folder = self.root / "opt/brought"
        folder.mkdir(exist_ok=True)
        return ["/opt/brought/" + Path(shutil.copy(file, folder)).name for file in files]

    def install(self, packages, *options):
        """apt's own installation of package files, what they depend on included."""
        return self.run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *options,
                        *self.bring(packages))

    def files(self):
        """Every path that is not of the moment, with what a symbolic link says."""
        passing = ("/proc", "/dev", "/sys", "/tmp", "/run", "/root", "/opt", "/var/log", "/var/cache", "/var/lib/apt",
                   "/var/lib/dpkg")
        found = set()
        for folder, subfolders, names in os.walk(self.root):
            inside = "/" + os.path.relpath(folder, self.root) if folder != str(self.root) else ""
            subfolders[:] = [one for one in subfolders if f"{inside}/{one}" not in passing]
            found |= {f"{inside}/{one}" for one in subfolders + names}
        return found

    def server_processes(self):
        return self.run("pgrep", "-x", "apache2", check=False).split()

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()
        shutil.rmtree(self._folder)
