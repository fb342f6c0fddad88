# SPDX-License-Identifier: Apache-2.0
"""What /proc tells of httpd's processes: children, descriptors, connections, memory."""

import os
import signal
import subprocess
import time
from collections import namedtuple
from contextlib import contextmanager

from .waiting import wait_until

TCP_TIME_WAIT, TCP_LISTEN = "06", "0A"

# kind: connection, listener, file, ...; known: whether the kernel's tables have the connection.
Descriptor = namedtuple("Descriptor", "pid number target kind known")
# queued: octets that wait in the kernel, those that the peer has not acknowledged and those not read.
TcpSocket = namedtuple("TcpSocket", "state local remote queued")


def _stat(pid):
    """The fields of /proc/PID/stat after the program's name; None when the process is gone. Of a thread for
    PID/task/TID.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def _of_threads(pid, name):
    """PID/task/TID -> the words of that file in /proc, of all threads of a process; none when it is gone."""
    try:
        threads = [f"{pid}/task/{number}" for number in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return {}
    found = {}
    for thread in threads:
        try:
            with open(f"/proc/{thread}/{name}", encoding="ascii") as words:
                found[thread] = words.read().split()
        except OSError:
            continue  # the thread has ended
    return found


def _listed_children(pid):
    """Their process ids, as words."""
    return [child for children in _of_threads(pid, "children").values() for child in children]


def _all_children(pid):
    """(process id, state) of the direct children."""
    # proc(5): one that ends while the list is read may have another left out.
    before, listed = None, _listed_children(pid)
    while before != listed:
        before, listed = listed, _listed_children(pid)
    for name in listed:
        field = _stat(name)
        if field and int(field[1]) == pid:
            yield int(name), field[0]


def children(pid):
    """Process ids of the direct children that still run; empty when the process is gone."""
    return [child for child, state in _all_children(pid) if state != "Z"]


def unreaped(pid):
    """Children that have ended and that their parent has not asked about."""
    return [child for child, state in _all_children(pid) if state == "Z"]


def is_child(pid, parent):
    """Whether the process runs, or has ended and its parent has not asked about it."""
    field = _stat(pid)
    return field is not None and int(field[1]) == parent


def name(pid):
    """Of the program that it runs; none when the process is gone."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
            return comm.read().rstrip("\n")
    except OSError:
        return None


def is_stopped(pid):
    """Whether SIGSTOP, say, has reached it."""
    field = _stat(pid)
    return field is not None and field[0] == "T"


def at_rest(pids):
    """Whether every thread of them waits, or was stopped, and none has been given a processor for a moment."""
    def turns():
        return [_of_threads(pid, "schedstat") for pid in pids]

    before = turns()
    time.sleep(0.002)
    states = [field[0] for threads in before for field in map(_stat, threads) if field]
    return before == turns() and set(states) <= {"S", "T"}


@contextmanager
def standing_still(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        # At once: httpd looks once a second for children that ended, and is told of one that is stopped a single time.
        assert wait_until(lambda: all(is_stopped(pid) for pid in pids), interval=0.001)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _tcp_sockets():
    """inode -> TcpSocket, of both address families; local and remote are ports."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as lines:
                next(lines)
                for line in lines:
                    if line.split(None, 4)[3] == TCP_TIME_WAIT:
                        continue  # thousands of them, and no process has one
                    word = line.split()
                    local, remote = word[1].rsplit(":", 1)[1], word[2].rsplit(":", 1)[1]
                    queued = sum(int(size, 16) for size in word[4].split(":"))
                    found[word[9]] = TcpSocket(word[3], int(local, 16), int(remote, 16), queued)
        except OSError:
            continue
    return found


def _unix_sockets():
    inodes = set()
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as lines:
        next(lines)
        for line in lines:
            inodes.add(line.split()[6])
    return inodes


def _links(pid):
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)
    except OSError:
        return
    for number in numbers:
        try:
            yield pid, int(number), os.readlink(f"{folder}/{number}")
        except OSError:
            continue  # closed between the listing and the look


def descriptors(pids):
    """Every open descriptor of some processes with its kind.

    A TCP socket that does not listen is a `connection`, whatever its state: also one that was never
    connected or whose peer is long gone, which is what a leak looks like.
    """
    links = [link for pid in pids for link in _links(pid)]
    tcp, unix = _tcp_sockets(), _unix_sockets()  # after the links, so that none is missed
    result = []
    for pid, number, target in links:
        if target.startswith("socket:["):
            inode = target[8:-1]
            if inode in unix:
                kind = "unix"
            elif inode in tcp and tcp[inode].state == TCP_LISTEN:
                kind = "listener"
            else:
                kind = "connection"
        elif target.startswith("/dev/"):
            kind = "device"
        elif target.startswith("/"):
            kind = "file"
        else:
            kind = target.split(":")[0]  # pipe, anon_inode
        known = kind == "connection" and target[8:-1] in tcp
        result.append(Descriptor(pid, number, target, kind, known))
    return result


def owners_of_peers(connections, pids):
    """For each (local port, remote port) of our connections which of `pids` holds the other end,
    else None. One look at /proc for all: it takes long where many sockets are open."""
    ports = {f"socket:[{inode}]": (tcp.remote, tcp.local) for inode, tcp in _tcp_sockets().items()}
    owners = {ports[target]: pid for pid in pids for *_, target in _links(pid) if target in ports}
    return [owners.get(connection) for connection in connections]


def queued_octets(ports):
    """What waits in the kernel in connections to and from these ports of this machine."""
    return sum(tcp.queued for tcp in _tcp_sockets().values()
               if tcp.state != TCP_LISTEN and not ports.isdisjoint((tcp.local, tcp.remote)))


def _limit(pid, limit):
    """As the process's own user, whose limit it is; root would need a right of its own."""
    owner = os.stat(f"/proc/{pid}")
    as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(["prlimit", f"--pid={pid}", limit], check=True, **as_owner)


def forbid_threads(pid):
    """The process gets no thread any more."""
    _limit(pid, "--nproc=0:0")


def let_files_grow_to(pid, octets):
    """The process finds no room beyond, as on a full disk: httpd ignores the signal. Or "unlimited" again."""
    _limit(pid, f"--fsize={octets}:")


def pss_kib(pid):
    """Proportional set size in KiB: memory shared by children is counted once in the sum."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass  # the process ended meanwhile
    return 0


def cpu_seconds(pid):
    """Processor time that the process has used, in user and kernel mode."""
    field = _stat(pid)
    return (int(field[11]) + int(field[12])) / os.sysconf("SC_CLK_TCK") if field else 0.0


def read_octets(pid):
    """How much the process has got from read(2) and its like; recv(2) is not among them."""
    with open(f"/proc/{pid}/io", encoding="ascii") as lines:
        return int(next(lines).split()[1])


def kill_session(process):
    """The end, when nothing else helps, of a Popen that leads a session, and of all in that."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
