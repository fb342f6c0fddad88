# SPDX-License-Identifier: Apache-2.0
"""Where, when and of what a run was made."""

import datetime
import os
import platform
import subprocess

from support.installation import SOURCE


def _first_line_after(path, key):
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(key):
                    return line.split(":" if ":" in line else "=", 1)[1].strip().strip('"')
    except OSError:
        pass
    return "unknown"


def machine():
    memory = int(_first_line_after("/proc/meminfo", "MemTotal").split()[0]) / 1024 ** 2
    return (f"{os.cpu_count()} processors ({_first_line_after('/proc/cpuinfo', 'model name')}), "
            f"{memory:.0f} GiB, Linux {platform.release()}, "
            f"{_first_line_after('/etc/os-release', 'PRETTY_NAME')}")


def commit():
    done = subprocess.run(["git", "-C", str(SOURCE), "describe", "--always", "--dirty"], text=True,
                          capture_output=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "a release"


def of(peers, arguments, rounds, seconds):
    versions = dict.fromkeys(peer.version() for peer in peers if peer.package)
    return {
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "versions": ", ".join(versions),
        "command": " ".join(["./build/bench", *arguments]),
        "rounds": str(rounds),
        "seconds": f"{seconds:g}",
        "load_average": f"{os.getloadavg()[0]:.1f}",
    }
