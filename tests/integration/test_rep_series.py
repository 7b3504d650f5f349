"""With FLOORPULSE_REP_SERIES=0 no series names a rep, and teams and floors are what they were.

The same events, the same instant: a real Prometheus with the generated rules over either worker.
"""

from pathlib import Path

import yaml

from dashboards.alerting.rules import recorded_names
from metrics.kpis import MEASURES
from metrics.names import SERIES, metric
from tests.build import call, email, status
from tests.integration.conftest import Install
from tests.integration.test_grafana import DEMO_ROSTER, NOW, Prometheus, prometheus
from tests.prometheus import needs
from tests.running import RunningWorker, until
from tests.scrape import figures

STRANGER = "somebody-else"  # who is not on the roster
Recorded = dict[tuple[tuple[str, str], ...], float]
COUNTED = "count_over_time(team:floorpulse_lead_to_won:ratio[1h]) > 10"


def recorded(server: Prometheus) -> Recorded:
    """What the rules make of teams and floors, by name and labels, to nine digits."""
    until("the rules are recorded", lambda: server.ask("query", query=COUNTED)["result"])
    found = server.ask("query", query='{__name__=~"(team|floor):.+"}')["result"]
    return {
        tuple(sorted(one["metric"].items())): float(f"{float(one['value'][1]):.9g}")
        for one in found
    }


def named_in(worker: RunningWorker, reps: set[str]) -> set[str]:
    """The reps who are named anywhere in what a worker exports."""
    return {rep for rep in reps if f'"{rep}"' in worker.scrape()}


def test_teams_and_floors_are_the_same_without_a_series_that_names_a_rep(
    install_embedded: Install, tmp_path: Path
) -> None:
    needs("prometheus")
    at = install_embedded(DEMO_ROSTER.read_text(), NOW)
    roster = yaml.safe_load(DEMO_ROSTER.read_text())
    reps = {*roster["reps"], *roster.get("systems", {}), STRANGER}
    worker = at.ready(at.start())
    at.command("simulate", "--days", "8", "--keep-up", "--no-live")
    day = "2026-11-24T10:00:00Z"
    strange = [call(rep=STRANGER, at=day), email(rep=STRANGER, at=day)]
    at.replay([*strange, status("created", day, STRANGER, "L-strange")])
    at.settle()
    with prometheus(tmp_path / "with", worker.port) as server:
        before = recorded(server)
    assert named_in(worker, reps) >= {*roster["reps"], STRANGER}
    many = len(worker.scrape().splitlines())
    worker.stop()

    worker = at.ready(at.start(REP_SERIES="0"))
    at.settle()
    with prometheus(tmp_path / "without", worker.port) as server:
        after = recorded(server)

    assert named_in(worker, reps) == set()
    text = worker.scrape()
    labels = {
        label for measure in MEASURES for key in figures(text, metric(measure)) for label in key
    }
    assert {value for name, value in labels if name == "rep"} == {""}
    assert {value for name, value in labels if name == "partition"} == set("0123")
    assert len(text.splitlines()) < many
    # A rule that finds nothing records nothing, either way.
    assert {dict(key)["__name__"] for key in before} <= recorded_names()
    assert len(before) > len(SERIES) * 3
    assert before.keys() == after.keys()
    assert {key: (before[key], after[key]) for key in before if before[key] != after[key]} == {}
