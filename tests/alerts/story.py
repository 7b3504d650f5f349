"""A case of an alert: a quiet world in which something changes for a while, as a promtool test.

    minute  0        START        first             end         last
            | quiet    | it is so    | fires          | quiet again | still fires | resolved
                       |<- onset, hold ->|            |<- tail, keep ->|

Samples lie half a minute before the evaluations, so that no end of a range falls on one: whether
it belongs to the range depends on the version of Prometheus.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from dashboards.alerting.alert import Alert
from dashboards.alerting.prometheus import ALERTS, RUNBOOKS
from dashboards.alerting.rules import groups
from tests.alerts.times import TIMES
from tests.alerts.world import Grows, Series, Value, world

BY_NAME = {alert.name: alert for alert in ALERTS}
START = 6  # the minute in which the world changes
FIRING = 3  # minutes for which it is still so after the alert fires
BORN = 1000.0  # what counters stand at when they are first seen


class Notice(NamedTuple):
    """An alert as it has to be sent: all its labels, and its texts."""

    labels: Mapping[str, str]
    summary: str
    description: str


def to(audience: str, severity: str, scope: str, **topic: str) -> dict[str, str]:
    """The labels by which an alert finds its way."""
    return {"audience": audience, "severity": severity, "scope": scope, **topic}


@dataclass(frozen=True, slots=True)
class Case:
    """What changes, and which alerts of this name fire then: none in a near miss.

    `usual` changes the world from the beginning. `onset` and `tail` are the minutes for which a
    rule that looks back is behind, `beside` what else fires meanwhile.
    """

    alert: str
    title: str
    change: Series
    notices: tuple[Notice, ...] = ()
    usual: Series = field(default_factory=dict)
    onset: int = 0
    tail: int = 0
    lasts: int = 0  # minutes; 0 is as long as it takes to fire, and FIRING
    beside: tuple[str, ...] = ()

    @property
    def rule(self) -> Alert:
        """The alert itself."""
        return BY_NAME[self.alert]

    @property
    def first(self) -> int:
        """The minute in which it fires."""
        return START + self.onset + TIMES[self.alert].hold

    @property
    def end(self) -> int:
        """The minute in which the world is quiet again."""
        return START + self.lasts if self.lasts else self.first + FIRING

    @property
    def last(self) -> int:
        """The last minute in which it fires."""
        return self.end - 1 + self.tail + TIMES[self.alert].keep

    @property
    def until(self) -> int:
        """The minute in which the test ends: after it has resolved, or has not fired."""
        return self.last + 1 if self.notices else self.end + self.tail

    def but(self, title: str, change: Series, lasts: int = 0) -> "Case":
        """A near miss: the same, but for *change*."""
        lasts = lasts or self.end - START
        return replace(self, title=title, change={**self.change, **change}, notices=(), lasts=lasts)


def promtool_test(case: Case, rules: list[str]) -> str:
    """The file for `promtool test rules`; JSON, which YAML contains."""
    return promtool_file(
        rules,
        input_series=list(_inputs(case)),
        alert_rule_test=list(_when(case)),
        promql_expr_test=list(_how_long(case)),
    )


def promtool_file(rules: list[str], **test: Any) -> str:
    """A file of one test, whose samples lie 30 seconds apart."""
    order = [*(group.name for group in groups()), "floorpulse-people", "floorpulse-pipeline"]
    document = {
        "rule_files": rules,
        "evaluation_interval": "1m",
        "group_eval_order": order,
        "tests": [{"interval": "30s", **test}],
    }
    return json.dumps(document, indent=1)


def _inputs(case: Case) -> Iterator[dict[str, str]]:
    usual: dict[str, Value] = {**world(), **case.usual}
    for series in (*usual, *(case.change.keys() - usual.keys())):
        before = usual.get(series)
        samples = list(_samples(case, before, case.change.get(series, before)))
        if set(samples) != {"_"}:
            yield {"series": series, "values": "_ " + " _ ".join(samples)}


def _samples(case: Case, usual: Value, changed: Value) -> Iterator[str]:
    level, was_there = BORN, False
    for minute in range(1, case.until + 1):
        value = changed if START <= minute < case.end else usual
        if callable(value):
            value = value(minute)
        if value is None:
            yield "stale" if was_there else "_"
            was_there = False
            continue
        if isinstance(value, Grows):
            level += value.per_minute
        else:
            level = value
        was_there = True
        yield f"{level:.17g}"


def _when(case: Case) -> Iterator[dict[str, Any]]:
    """Not before the hold is over, until nothing keeps it, and with what it says."""
    if not case.notices:
        return
    firing = [expected(case.alert, notice) for notice in case.notices]
    for minute, alerts in (
        (case.first - 1, []),
        (case.first, firing),
        (case.end - 1, firing),
        (case.last, firing),
        (case.last + 1, []),
    ):
        if minute >= 0:
            yield {"eval_time": f"{minute}m", "alertname": case.alert, "exp_alerts": alerts}


def expected(alert: str, notice: Notice) -> dict[str, Any]:
    """What promtool has to find of an alert: all labels, all annotations."""
    return {
        "exp_labels": dict(notice.labels),
        "exp_annotations": {
            "summary": notice.summary,
            "description": notice.description,
            "runbook_url": f"{RUNBOOKS}/{alert}",
        },
    }


def _how_long(case: Case) -> Iterator[dict[str, Any]]:
    """Through all minutes: it fires once, without a gap, or never; and what else fires."""
    long, once = f"{case.until}m", case.last - case.first + 1
    firing = f'ALERTS{{alertname="{case.alert}",alertstate="firing"}}'
    yield {
        "expr": f"sum by (alertname) (count_over_time({firing}[{long}]))",
        "eval_time": long,
        "exp_samples": [_sample(case.alert, once * len(case.notices))] if case.notices else [],
    }
    if case.notices:
        alone = 'ALERTS{alertname!="Watchdog",alertstate="firing"}'
        fire = (case.alert, *case.beside)
        yield {
            "expr": f"group by (alertname) ({alone})",
            "eval_time": f"{case.end - 1}m",
            "exp_samples": [_sample(name, 1) for name in sorted(fire)],
        }


def _sample(alert: str, value: int) -> dict[str, Any]:
    return {"labels": f'{{alertname="{alert}"}}', "value": value}
