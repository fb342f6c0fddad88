# SPDX-License-Identifier: Apache-2.0
"""The figures as dots with their spread, on logarithmic scales: servers differ by tens of times."""

import shutil
import statistics
import subprocess

PANEL = 190  # pixels of height; the space that a line of text needs is in it


def _panel(title, unit, points):
    """`points`: (label, [figure, ...]); what is not above zero has no place on such a scale."""
    points = [(label, [one for one in values if one > 0]) for label, values in points]
    points = [(label, values) for label, values in points if values]
    if not points:
        return ""
    lines = [f"{number} {statistics.median(values):.6g} {min(values):.6g} {max(values):.6g}"
             for number, (_, values) in enumerate(points)]
    low = min(min(values) for _, values in points) / 1.5
    high = max(max(values) for _, values in points) * 1.5
    ticks = ", ".join(f'"{label}" {number}' for number, (label, _) in enumerate(points))
    return "\n".join([
        "$points << END", *lines, "END",
        f'set title "{title}, {unit}"', f"set ytics ({ticks})",
        f"set xrange [{low:.6g}:{high:.6g}]", f"set xtics ({_marks(low, high)})",
        f"set yrange [{len(points) - 0.5}:-0.5]",
        'plot $points using 2:1:3:4 with xerrorbars linewidth 2 pointtype 7 notitle', ""])


def _marks(low, high):
    """1, 2, 5, 10, 20, ...: a scale of less than a power of ten would have but one number."""
    marks = [step * 10.0 ** power for power in range(-4, 8) for step in (1, 2, 5)]
    return ", ".join(f'"{mark:,g}" {mark:g}' for mark in marks if low <= mark <= high)


def script(output, panels):
    """gnuplot's commands for a column of panels."""
    panels = [panel for panel in panels if panel]
    return "\n".join([
        f'set terminal png noenhanced size 900,{PANEL * len(panels) + 40}', f'set output "{output}"',
        "set logscale x", "set grid x", "set tmargin 2", "set bmargin 2", "set lmargin 18",
        f"set multiplot layout {len(panels)},1", *panels, "unset multiplot", ""])


def _panels(figures, rows, name, unit=None):
    for row in rows:
        yield _panel(row.title, unit or row.unit,
                     [(peer, [getattr(one, name) for one in ours])
                      for peer, ours in figures[row.name].items()])


def scripts(figures, rows, folder):
    """{picture: its gnuplot script}; a picture without a panel is left out."""
    costs = [row for row in rows if not row.is_memory]
    wanted = {
        "cost": _panels(figures, costs, "value"),
        "memory": _panels(figures, [row for row in rows if row.is_memory], "value"),
        "latency-p50": _panels(figures, costs, "p50_us", "p50, µs"),
        "latency-p99": _panels(figures, costs, "p99_us", "p99, µs"),
    }
    made = {}
    for name, panels in wanted.items():
        panels = [panel for panel in panels if panel]
        if panels:
            picture = folder / f"{name}.png"
            made[picture] = script(picture, panels)
    return made


def draw(figures, rows, folder):
    """The pictures that were drawn; none where there is no gnuplot."""
    program = shutil.which("gnuplot")
    if program is None:
        return []
    made = scripts(figures, rows, folder)
    for text in made.values():
        subprocess.run([program], input=text, text=True, check=True)
    return list(made)
