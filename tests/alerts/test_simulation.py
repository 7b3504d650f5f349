"""The simulation asks of counts what the rules ask, and holds and keeps as Prometheus does."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from bench.alertsim import predicates
from bench.alertsim.__main__ import QUICK, alertsim
from bench.alertsim.counts import Shape
from bench.alertsim.decisions import Decisions
from bench.alertsim.firing import TIMES, firings, interval, runs
from bench.alertsim.report import tables
from dashboards.alerting.promql import selector
from metrics.names import metric
from metrics.thresholds import DRIFT_FLOOR, DRIFT_TEAM, SPIKE_FLOOR, SPIKE_TEAM, TREND_REP, Share
from tests.alerts.story import BY_NAME, promtool_file
from tests.alerts.test_alerts import RULES
from tests.prometheus import assert_rule_tests_pass

POINTS, AT_ONCE = 320, 80  # each on a floor of its own; promtool refuses more than 10,000 samples
SEED = 20261125
# About as many decisions as a floor, a team or a rep has in a window: both outcomes are near.
DECIDED = {"1h": 20, "4h": 60, "today": 90, "2d": 60, "5d": 130, "20d": 60}
EASY = 0.1  # every outcome of every alert is at least so much of the points that are believed


class Point(NamedTuple):
    """What is counted on a floor with one rep."""

    rejected: Mapping[str, int]  # by window
    decided: Mapping[str, int]
    targets: Mapping[str, float]
    converted: int
    contacts: int
    inbound: int
    outbound: int
    done: Mapping[str, int]
    due: Mapping[str, float]
    silent: int
    per_hour: int
    silent_reps: int
    reps: int
    channel_silent: int
    channel_per_hour: int

    @property
    def is_believed(self) -> bool:
        """Whether nothing holds alerts about people back."""
        channel = self.channel_silent, self.channel_per_hour
        return not (
            predicates.are_silent(self.silent_reps, self.reps)
            or predicates.is_channel_silent(*channel)
        )

    def is_above(self, share: Share, *, usual: bool = False) -> bool:
        """As the simulation asks."""
        target = self.targets["disqualification"]
        before = [of["20d"] - of["today"] for of in (self.rejected, self.decided)]
        return predicates.is_above(
            share,
            self.rejected[share.window],
            self.decided[share.window],
            self.rejected[share.recent],
            predicates.usual(*before, target) if usual else target,
            target,
        )


def sample(random: Random) -> Point:
    """Some counts, near what alerts ask for."""
    true = random.choice((0.0, 0.08, 0.12, 0.3))
    size = random.choice((2, 2, 15))
    decided = {window: random.randrange(size * most) for window, most in DECIDED.items()}
    decided["5d"] = random.choice((99, 100, decided["5d"]))
    due = {window: random.choice((30, 60, 400)) * random.random() for window in ("15m", "today")}
    per_hour, reps = random.randrange(1, 40), random.randrange(6, 20)
    return Point(
        rejected={
            window: sum(random.random() < true for _ in range(of)) for window, of in decided.items()
        },
        decided=decided,
        targets={
            "disqualification": random.choice((0.03, 0.05, 0.07)),
            "contacts_to_leads": random.choice((0.1, 0.2)),
            "inbound_share": random.choice((0.5, 0.6)),
        },
        converted=random.randrange(40),
        contacts=random.choice((99, 100, random.randrange(50, 500))),
        inbound=random.randrange(150),
        outbound=random.randrange(150),
        done={window: int(random.uniform(0, 1) * of) for window, of in due.items()},
        due=due,
        silent=60 * random.choice((19, 20, 12 * 60 // per_hour, random.randrange(90))),
        per_hour=per_hour,
        silent_reps=int(random.choice((0.1, 0.55, 0.6, 0.65)) * reps + 0.5),
        reps=reps,
        channel_silent=60 * random.choice((0, 0, 1, 2, 3)),
        channel_per_hour=random.choice((60, 300, 600)),
    )


FLOOR, TEAM, REP = {}, {"team": "hunters"}, {"team": "hunters", "rep": "ana"}

# By alert, where it may fire (the labels beside the floor's), and what the simulation says of it.
Asked = tuple[dict[str, str], Callable[[Point], bool]]
PEOPLE: dict[str, tuple[Asked, ...]] = {
    "DisqualificationSpike": ((FLOOR, lambda p: p.is_above(SPIKE_FLOOR, usual=True)),),
    "DisqualificationSpikeTeam": ((TEAM, lambda p: p.is_above(SPIKE_TEAM, usual=True)),),
    "DisqualificationDrift": (
        (FLOOR, lambda p: p.is_above(DRIFT_FLOOR)),
        (TEAM, lambda p: p.is_above(DRIFT_TEAM)),
    ),
    "DisqualificationSuspiciouslyLow": (
        (FLOOR, lambda p: predicates.is_spotless(p.rejected["5d"], p.decided["5d"])),
    ),
    "RepDisqualificationTrend": ((REP, lambda p: p.is_above(TREND_REP)),),
    "ContactsToLeadsLow": tuple(
        (
            level,
            lambda p: predicates.is_conversion_low(
                p.converted, p.contacts, p.targets["contacts_to_leads"]
            ),
        )
        for level in (FLOOR, TEAM)
    ),
    "InboundOutboundMixOff": (
        (FLOOR, lambda p: predicates.is_mix_off(p.inbound, p.outbound, p.targets["inbound_share"])),
    ),
    "RepPaceBehind": ((REP, lambda p: predicates.is_behind(p.done["today"], p.due["today"])),),
    "RepSilent": ((REP, lambda p: predicates.is_silent(p.silent, p.per_hour)),),
}
OUTAGES: dict[str, tuple[Asked, ...]] = {
    "FloorActivityCollapse": (
        (
            FLOOR,
            lambda p: predicates.is_collapsed(p.done["15m"], p.due["15m"], p.silent_reps, p.reps),
        ),
    ),
    "KPIChannelSilent": (
        (FLOOR, lambda p: predicates.is_channel_silent(p.channel_silent, p.channel_per_hour)),
    ),
}


def series(floor: str, point: Point) -> Iterator[tuple[str, float]]:
    """What a worker would export of a point."""

    def rep(name: str, **labels: str) -> str:
        return metric(name) + selector(floor=floor, **REP, instance="w1:8001", **labels)

    def of_floor(name: str, **labels: str) -> str:
        return metric(name) + selector(floor=floor, instance="w1:8001", **labels)

    for window, of in point.decided.items():
        hits = point.rejected[window]
        yield rep("appointments_rejected_capped", window=window), hits
        yield rep("appointments_accepted_capped", window=window), of - hits
    for kpi, target in point.targets.items():
        yield of_floor("kpi_target", kpi=kpi), target
    yield rep("contacts_converted", window="20d"), point.converted
    yield rep("contacts", window="20d"), point.contacts
    yield rep("leads_inbound", window="5d"), point.inbound
    yield rep("leads_outbound", window="5d"), point.outbound
    for window, due in point.due.items():
        yield rep("effective_touches", window=window, channel="call"), point.done[window]
        yield rep("expected_touches", window=window, channel="call"), due
    yield rep("rep_on_shift"), 1
    yield rep("rep_silent_seconds"), point.silent
    yield rep("rep_expected_per_hour"), point.per_hour
    yield of_floor("floor_open"), 1
    yield of_floor("floor_reps_on_shift"), point.reps
    yield of_floor("floor_reps_silent"), point.silent_reps
    yield of_floor("channel_silent_seconds", channel="call"), point.channel_silent
    missed = point.channel_silent / 3600 * point.channel_per_hour
    yield of_floor("channel_missed_touches", channel="call"), missed


def points() -> dict[str, Point]:
    """The points, by floor."""
    random = Random(SEED)
    return {f"f{number}": sample(random) for number in range(POINTS)}


@pytest.mark.parametrize("alert", [*PEOPLE, *OUTAGES])
def test_outcomes_of_either_kind_are_sampled(alert: str) -> None:
    believed = [point for point in points().values() if point.is_believed or alert in OUTAGES]

    assert len(believed) > POINTS / 3
    for _, says in {**PEOPLE, **OUTAGES}[alert]:
        assert EASY < sum(map(says, believed)) / len(believed) < 1 - EASY


def test_the_simulation_asks_what_the_rules_ask(tmp_path: Path) -> None:
    sampled = iter(points().items())

    def fires(alert: str, some: Mapping[str, Point]) -> Iterator[dict[str, Any]]:
        for floor, point in some.items():
            for labels, says in {**PEOPLE, **OUTAGES}[alert]:
                if says(point) and (alert in OUTAGES or point.is_believed):
                    yield {"labels": selector(floor=floor, **labels), "value": 1}

    files = [tmp_path / f"points-{start}.json" for start in range(0, POINTS, AT_ONCE)]
    for file in files:
        some = dict(islice(sampled, AT_ONCE))
        file.write_text(
            promtool_file(
                RULES,
                input_series=[
                    {"series": name, "values": f"{value!r} {value!r} {value!r}"}
                    for floor, point in some.items()
                    for name, value in series(floor, point)
                ],
                promql_expr_test=[
                    {
                        "expr": f"group by (floor, team, rep) ({BY_NAME[alert].expr})",
                        "eval_time": "1m",
                        "exp_samples": list(fires(alert, some)),
                    }
                    for alert in (*PEOPLE, *OUTAGES)
                ],
            )
        )

    assert_rule_tests_pass(*files)


# -- hold and keep

LASTS = 150  # minutes
STORIES = 10


def story(random: Random) -> list[bool]:
    """Whether a condition holds, by minute: for some time, then not for some time."""
    holds = [False]
    while len(holds) < LASTS:
        holds += [not holds[-1]] * random.choice((1, 2, 3, 4, 10, 11, 12, 15, 16, 17, 59, 60, 61))
    return [*holds[:LASTS], False]


def conditions(floor: str, holds: list[bool]) -> Iterator[tuple[str, str]]:
    """Three alerts of different times, whose conditions hold when a story says so."""
    rep = selector(floor=floor, **REP, window="4h")
    for name, usual, much in (
        (metric("appointments_rejected_capped") + rep, 0, 40),
        (metric("appointments_rejected_capped") + rep.replace("4h", "5d"), 0, 40),
        (metric("rep_silent_seconds") + selector(floor=floor, **REP), 0, 7200),
    ):
        yield name, " ".join(f"{much if so else usual} _" for so in holds)
    for name, value in (
        (metric("appointments_accepted_capped") + rep, 40),
        (metric("appointments_accepted_capped") + rep.replace("4h", "5d"), 40),
        *(
            (metric("appointments_rejected_capped") + rep.replace("4h", w), 1)
            for w in ("1h", "today")
        ),
        (metric("appointments_accepted_capped") + rep.replace("4h", "today"), 1),
        (metric("rep_on_shift") + selector(floor=floor, **REP), 1),
        (metric("rep_expected_per_hour") + selector(floor=floor, **REP), 12),
        (metric("kpi_target") + selector(floor=floor, kpi="disqualification"), 0.05),
        (metric("floor_open") + selector(floor=floor), 1),
    ):
        yield name, f"{value}x{2 * LASTS + 2}"


def begins(alert: str, minute: int) -> str:
    """The floors on which an alert begins to fire in a minute."""
    firing = f"ALERTS{selector(alertname=alert, alertstate='firing')}"
    return f"group by (floor) ({firing} unless {firing} offset 1m)"


def test_the_simulation_holds_and_keeps_as_prometheus_does(tmp_path: Path) -> None:
    random = Random(SEED)
    stories = {f"f{number}": story(random) for number in range(STORIES)}
    due: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    alerts = ("DisqualificationSpike", "DisqualificationDrift", "RepSilent")
    for alert in alerts:
        for floor, holds in stories.items():
            for minute in firings(runs(enumerate(holds)), TIMES[alert]):
                due[alert, minute].append(floor)
    assert all(
        sum(len(due[alert, minute]) for minute in range(LASTS)) > STORIES for alert in alerts
    )

    file = tmp_path / "stories.json"
    file.write_text(
        promtool_file(
            RULES,
            input_series=[
                {"series": name, "values": values}
                for floor, holds in stories.items()
                for name, values in conditions(floor, holds)
            ],
            promql_expr_test=[
                {
                    "expr": begins(alert, minute),
                    "eval_time": f"{minute}m",
                    "exp_samples": [
                        {"labels": selector(floor=floor), "value": 1}
                        for floor in due[alert, minute]
                    ],
                }
                for alert in alerts
                for minute in range(LASTS)
            ],
        )
    )

    assert_rule_tests_pass(file)


# -- what is simulated


def test_a_seed_gives_the_same_tables_whichever_process_works_them_out() -> None:
    run = CliRunner().invoke(alertsim, ["--quick", "--seed", "7", "--processes", "2"])
    assert run.exit_code == 0, run.output

    lines = [line for table in tables("7", QUICK, map) for line in table]
    assert "\n".join(lines) in run.output
    assert list(next(tables("8", QUICK, map))) != list(next(tables("7", QUICK, map)))


def test_a_batch_of_one_rep_counts_twice_where_it_is_capped() -> None:
    counts = {}
    for batches in ("none", "of one rep", "of one rep, not capped", "over the floor"):
        floor = Decisions(Random(SEED), Shape(100, 10), batches)
        counts[batches] = sum(len(floor._decided(0.03, None)) for _ in range(100)) / 100

    assert {kind: round(count, -1) for kind, count in counts.items()} == {
        "none": 160,
        "of one rep": 110,
        "of one rep, not capped": 160,
        "over the floor": 160,
    }


def test_the_interval_is_that_of_a_poisson_count() -> None:
    for count, low, high in ((0, 0, 3.69), (1, 0.03, 5.57), (10, 4.80, 18.39), (100, 81.4, 121.6)):
        assert interval(count) == pytest.approx((low, high), abs=0.05)
