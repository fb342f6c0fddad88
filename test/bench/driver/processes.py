# SPDX-License-Identifier: Apache-2.0
"""What a server's whole tree of processes costs: processor time and memory."""

import os
import time

from support.processes import children, pss_kib

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(root):
    """`root` and all that descends from it, as far as it runs now."""
    found = [root]
    for pid in found:
        found += children(pid)
    return found


def _clock(pid):
    """Nanoseconds of a process that runs.

    The process's own processor-time clock, as clock_getcpuclockid(3) makes its number: it counts
    all threads, also those that have ended, and is exact, where /proc/PID/stat has steps of 10 ms
    for user and system time each and /proc/PID/task/*/schedstat forgets threads that have ended.
    """
    return time.clock_gettime_ns((~pid << 3) | 2)


def _of_ended_children(pid):
    """Nanoseconds of the children that the process has waited for, and of theirs; in ticks, but
    each tick of the sum: the kernel adds up exact times and rounds only what it shows."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        field = stat.read().rsplit(")", 1)[1].split()
    return (int(field[13]) + int(field[14])) * 1_000_000_000 // _TICKS


def cpu_seconds(pids):
    """Processor time, user and system, of processes since they began, with that of their ended
    children. What the kernel does for them elsewhere is not in it; on loopback there is next to
    none: who sends does the receiver's part of TCP as well."""
    total = 0
    for pid in pids:
        try:
            total += _clock(pid) + _of_ended_children(pid)
        except OSError:
            continue  # ended between the listing and the look; its parent's sum has it
    return total / 1e9


def memory_kib(root):
    """Pss: pages that several processes share are counted once."""
    return sum(pss_kib(pid) for pid in tree(root))


def settled_memory_kib(root, timeout=6.0, interval=0.2):
    """memory_kib() when it has hardly changed (two pages) between two looks."""
    last, deadline = memory_kib(root), time.monotonic() + timeout
    while True:
        time.sleep(interval)
        now = memory_kib(root)
        if abs(now - last) <= 8 or time.monotonic() > deadline:
            return now
        last = now


def own_memory_kib(root):
    """What the tree alone uses: no file's pages, whose share changes with who else maps them."""
    total = 0
    for pid in tree(root):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
    return total


def descriptor_count(root):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in tree(root))
