"""The benches can be asked for, need no more servers than they use, and measure what they say."""

import json
import os
import signal
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from bench import __main__ as benches
from bench import cell, growth
from metrics.names import SERIES
from tests.build import TESTS


def test_every_part_is_described() -> None:
    page = (TESTS.parent / "docs" / "performance.md").read_text()

    assert [part for part in benches.PARTS if f"| `{part}` |" not in page] == []


def test_a_part_that_needs_no_servers_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_stage() -> None:
        raise AssertionError("servers were started")

    monkeypatch.setattr(benches, "stage", no_stage)
    monkeypatch.setitem(benches.ALONE, "pure", lambda _: iter(["measured"]))

    done = CliRunner().invoke(benches.bench, ["pure"])

    assert done.output.splitlines()[1:] == ["measured"]
    assert isinstance(CliRunner().invoke(benches.bench, ["wall"]).exception, AssertionError)


def test_one_that_is_ended_from_outside_clears_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cleared_up = []

    def part(_: benches.Sizes) -> Iterator[str]:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            yield "went on"
        finally:
            cleared_up.append(True)

    monkeypatch.setitem(benches.ALONE, "pure", part)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        done = CliRunner().invoke(benches.bench, ["pure"])
    finally:
        signal.signal(signal.SIGTERM, before)

    assert (done.exit_code, cleared_up) == (1, [True])
    assert "went on" not in done.output


@pytest.fixture(name="figures", scope="module")
def _figures() -> cell.Figures:
    """Those of a small floor that lives through its quarter hours once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cell, "EVENTS", 1)
        return cell.measure(20, 1)


def test_growth_prints_each_cell_beside_its_base(
    monkeypatch: pytest.MonkeyPatch, figures: cell.Figures
) -> None:
    base = json.loads(json.dumps(figures))
    twice = {**base, "event us": 2 * base["event us"]}
    monkeypatch.setattr(
        growth, "in_a_fresh_process", lambda reps, _: twice if reps == 10_000 else base
    )

    text = "\n".join(growth.lines(growth.measure(rounds=1)))

    assert text.count("(x2.00)") == 1
    assert f"series of a rep: {len(SERIES)}" in text


def test_a_cell_counts_what_would_be_sent(figures: cell.Figures) -> None:
    # A lead's change is one row, its copy, and the row of the copy: one flush for three of them.
    assert figures["backlog records"] == pytest.approx((20 + 1 * 3) / 63, rel=0.02)
    assert figures["one calls"] == 1
    assert figures["one keys"] == 3, "the fence, the part and the rep"
    assert figures["all keys"] - figures["parts keys"] == 20, "of each rep"
    assert figures["scrape gzip"] < figures["scrape bytes"] / 5
