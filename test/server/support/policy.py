# SPDX-License-Identifier: Apache-2.0
"""Policy documents, written as a web author would."""


def document(port, *, host=None, origins=(), more=""):
    """`more`: further elements, as text."""
    lines = ["<websocket>"]
    if host is not None:
        lines.append(f"  <host>{host}</host>")
    lines.append(f"  <port>{port}</port>")
    lines += [f"  <allow-origin>{origin}</allow-origin>" for origin in origins]
    if more:
        lines.append(f"  {more}")
    return "\n".join(lines + ["</websocket>", ""])
