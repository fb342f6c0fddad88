# SPDX-License-Identifier: Apache-2.0
"""Every row at the module and at the floor, each for a moment: that it works, not how fast. The
load itself fails where an echo is wrong."""

import math
from dataclasses import replace

import pytest

from driver import framings, rows, scale
from driver.measure import measure
from driver.peers import ModWebsocket, Relay

MOMENT = 0.3  # less, and a busy machine brings no message back in it
FEW = 60


def small(row):
    return replace(row, quiet=min(row.quiet, FEW))


@pytest.mark.parametrize("row, kind", [
    pytest.param(small(row), kind, id=f"{row.name} {kind.name}")
    for row in rows.ALL for kind in (Relay, ModWebsocket) if row.fits(kind)])
def test_a_row_gives_its_figure(row, kind, certificate, monkeypatch):
    monkeypatch.setattr(kind, "settling", 0.0)
    figure = measure(row, kind, certificate, MOMENT)
    assert math.isfinite(figure.value)
    if not row.is_memory:
        assert figure.value > 0
        assert figure.a_second > 0
        assert 0 < figure.p50_us <= figure.p99_us
        assert figure.share > 0


def test_scale_compares_few_tunnels_with_many(certificate):
    text = scale.scale(ModWebsocket, certificate, FEW, 1, MOMENT)
    assert "| HTTP request, p99 µs |" in text and f"with {FEW} tunnels" in text


def test_framings_are_compared_with_binary(certificate, monkeypatch):
    monkeypatch.setattr(ModWebsocket, "settling", 0.0)
    text = framings.report(certificate, 1, MOMENT)
    cells = [line.split("|")[3:-1] for line in text.splitlines() if line.startswith("| echo 64")]
    assert len(cells) == 1 and len(cells[0]) == len(framings.FRAMINGS)
    assert cells[0][0].endswith("(1.00) ")


def test_churn_looks_on_the_way(certificate, monkeypatch):
    monkeypatch.setattr(scale, "LOOKS", 2)
    seen = []
    scale.churn(ModWebsocket, certificate, 300, say=lambda line, **_: seen.append(line))
    counts = [int(line.split()[0].replace(",", "")) for line in seen]
    assert len(counts) == 3 and counts == sorted(counts) and counts[-1] >= 300
