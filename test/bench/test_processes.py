# SPDX-License-Identifier: Apache-2.0
"""Nothing that a server's processes cost is lost."""

import subprocess
import sys
from contextlib import contextmanager

from driver.processes import cpu_seconds, memory_kib, tree
from support.waiting import wait_until

# Says a line when it has done its work, and waits for the end of its input.
BUSY = """
import os, sys, threading, time
def spin():
    while time.thread_time() < 0.2:
        pass
for _ in range(2):  # threads that end
    thread = threading.Thread(target=spin); thread.start(); thread.join()
child = os.fork()
if child == 0:  # a child that ends and is waited for
    spin(); os._exit(0)
os.waitpid(child, 0)
child = os.fork()
if child == 0:  # a child that lives on
    spin(); held = b"x" * (20 << 20); print("done", flush=True); sys.stdin.read(); os._exit(0)
sys.stdin.read()
os.waitpid(child, 0)
"""


@contextmanager
def python(text):
    process = subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.communicate(timeout=20)


def test_what_ended_and_what_goes_on_counts():
    with python(BUSY) as process:
        process.stdout.readline()
        # 0.8 s of spinning; what a child that ended has used is known in steps of 10 ms
        assert 0.78 <= cpu_seconds(tree(process.pid)) < 3
        assert len(tree(process.pid)) == 2
        assert memory_kib(process.pid) > 20 << 10  # the child's


def test_time_passes_only_with_work():
    with python("print('up', flush=True); input()") as process:
        process.stdout.readline()
        assert wait_until(lambda: cpu_seconds([process.pid]) == cpu_seconds([process.pid]))
        before = cpu_seconds([process.pid])
        assert before > 0 and cpu_seconds([process.pid]) - before < 0.01
