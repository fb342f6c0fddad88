# SPDX-License-Identifier: Apache-2.0
"""What the page says is what was measured."""

import re

import pytest

from driver import plots, profile, rows, run, scale, syscalls
from driver.measure import Figure
from driver.report import Report, best_peer, median, ratio, significant

FACTS = {name: name for name in ("date", "commit", "machine", "load_average", "versions",
                                 "command", "rounds", "seconds", "minutes", "many", "framings",
                                 "syscalls", "profile")}


def figures(*values):
    return [Figure(value, p50_us=2 * value, p99_us=3 * value, a_second=1, share=0.5)
            for value in values]


MEASURED = {
    "echo-64": {"relay": figures(10, 30, 20), "nginx": figures(25, 24, 99),
                "haproxy": figures(50), "mod_websocket": figures(15, 16, 14)},
    "tls-idle": {"nginx": figures(40), "mod_websocket": figures(10)},
}


def cells(text, first):
    """The cells of the line of a table that begins so."""
    line, = (line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_middle_of_the_rounds_counts():
    assert median(figures(1, 100, 3)) == 3
    assert median(figures(1, 3), "p50_us") == 4
    assert median([]) is None


def test_the_best_peer_is_neither_the_floor_nor_ours():
    assert best_peer(MEASURED["echo-64"]) == ("nginx", 25)
    assert best_peer({"relay": figures(1)}) == (None, None)


@pytest.mark.parametrize("value, text", [(None, "-"), (0.123, "0.12"), (12.34, "12.3"),
                                         (1234.5, "1,234"), (-250, "-250"), (99.94, "99.9")])
def test_figures_have_three_places(value, text):
    assert significant(value) == text


def test_there_is_no_ratio_to_nothing():
    assert ratio(1, 0) is None and ratio(1, None) is None and ratio(None, 1) is None
    assert ratio(3, 2) == 1.5


def test_the_overview_has_medians_and_both_ratios():
    text = Report(MEASURED, FACTS).overview()
    assert cells(text, "echo 64 B, 50 connections") == [
        "echo 64 B, 50 connections", "CPU µs a round trip", "20.0", "25.0", "50.0", "15.0",
        "0.75", "0.60 (nginx)"]
    assert cells(text, "TLS: idle tunnel")[2:] == ["-", "40.0", "-", "10.0", "-", "0.25 (nginx)"]


def test_the_details_have_the_spread():
    text = Report(MEASURED, FACTS).details()
    echo, idle = text.split("### TLS")
    assert cells(echo, "nginx") == ["nginx", "25.0", "24.0", "99.0", "1.25", "0.60", "50.0",
                                    "75.0", "1.00", "50%"]
    assert cells(idle, "nginx") == ["nginx", "40.0", "40.0", "40.0", "-", "0.25"]


def test_without_the_module_there_is_a_table_too():
    text = Report({"echo-64": {"relay": figures(1)}}, FACTS).overview()
    assert cells(text, "echo 64 B, 50 connections")[2:] == ["1.00"]


def test_the_page_leaves_no_placeholder():
    text = Report(MEASURED, FACTS).text()
    assert not re.search(r"\$\w", text)
    assert "| echo 64 B, 50 connections |" in text


def test_pictures_show_medians_and_spreads_and_leave_out_what_no_scale_has(tmp_path):
    measured = {**MEASURED, "tls-idle": {"nginx": figures(-1, 0)}}
    scripts = plots.scripts(measured, Report(measured, FACTS).rows, tmp_path)
    assert {path.name for path in scripts} == {"cost.png", "latency-p50.png", "latency-p99.png"}
    text = scripts[tmp_path / "cost.png"]
    assert "1 25 24 99" in text and '"nginx" 1' in text
    assert "2 100 100 100" in scripts[tmp_path / "latency-p50.png"]


def test_rows_and_peers_are_chosen_by_name():
    options = run.parse(["--rows", "idle,echo-64", "--only", "nginx", "--only", "relay"])
    assert [row.name for row in options.row_list] == ["echo-64", "idle"]
    assert [peer.name for peer in options.peers] == ["relay", "nginx"]
    with pytest.raises(SystemExit, match="no row 'echo'"):
        run.parse(["--rows", "echo"])


@pytest.mark.parametrize("arguments, folder", [
    ([], "doc"), (["--seconds", "3"], "doc"), (["--quick"], "_bench"),
    (["--rounds", "4"], "_bench"), (["--only", "relay"], "_bench"),
    (["--rows", "idle"], "_bench")])
def test_only_a_whole_run_writes_the_page_of_the_manual(arguments, folder):
    assert run.parse(arguments).output.parent.name == folder


def test_names_of_rows_are_unique():
    names = [row.name for row in rows.ALL]
    assert len(set(names)) == len(names)


def test_costs_are_a_unit_of_work():
    assert rows.a_message({"messages": 1000}, 0.5) == pytest.approx(500)
    assert rows.a_handshake({"handshakes": 10}, 1) == pytest.approx(100_000)
    assert rows.a_gigabyte({"bytes": 5 * 10**8}, 1) == pytest.approx(2000)


def test_straces_summary_is_read_without_its_total():
    assert syscalls.parse(
        "    calls syscall\n--------- ----------------\n       12 read\n        3 epoll_wait\n"
        "--------- ----------------\n       15 total\n") == {"read": 12, "epoll_wait": 3}


def test_a_profile_is_summed_up_by_system_call_and_place():
    lines = ["    15.47%  [k] __x64_sys_connect", "     0.20%  [k] __x64_sys_close",
             "    14.44%  [k] __x64_sys_futex", "     3.00%  [k] tcp_sendmsg"]
    assert profile.shares(lines, r" __x64_sys_(\w+)$") == [("connect", 15.47), ("futex", 14.44)]


def test_tunnels_stay_within_the_limit_of_descriptors():
    assert scale.most_tunnels(9000, 20_000) == 9000
    assert scale.most_tunnels(9000, 10_500) == 5000
    assert scale.most_tunnels(18_000, 20_000, 2) == 18_000
    assert scale.most_tunnels(18_000, 10_500, 2) == 10_000
