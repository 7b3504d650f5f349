"""The dashboards' queries find something in a real Prometheus, and Grafana's types read the files.

Prometheus scrapes a real worker that counts an invented floor, with the rules that are generated.
"""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.grafana import definitions, floor, pipeline, rep, team
from dashboards.grafana.document import to_json
from dashboards.grafana.layout import Dashboard, Query
from floorpulse.commands.generate import ROOT
from metrics.states import STATES
from tests.integration.conftest import Install
from tests.prometheus import needs
from tests.realkafka import free_port
from tests.running import until

DASHBOARDS = [module.DASHBOARD for module in (floor, team, rep, definitions, pipeline)]
GENERATED = ROOT / "dashboards" / "generated"
DEMO_ROSTER = ROOT / "floorpulse" / "demo" / "demo-roster.yaml"
NOW = "2026-11-24T15:00:00Z"  # both floors are at work
Read = Callable[..., "subprocess.CompletedProcess[str]"]
CHOSEN = {"$__rate_interval": "20s", "$floor": "amsterdam", "$team": ".*", "$rep": "anouk"}


@dataclass
class Prometheus:
    """A running Prometheus."""

    port: int

    def ask(self, path: str, **fields: str) -> Any:
        """What its API answers; an error of the query fails."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(fields)}"
        with urllib.request.urlopen(url, timeout=60) as response:
            return json.load(response)["data"]

    def found(self, query: Query) -> list[Any]:
        """The series of a query, at an instant or over a minute, as its panel asks."""
        expr = chosen(query.expr)
        if query.is_instant:
            return self.ask("query", query=expr)["result"]
        end = float(self.ask("query", query="time()")["result"][1])
        return self.ask("query_range", query=expr, start=f"{end - 60}", end=f"{end}", step="5")[
            "result"
        ]


def chosen(expr: str) -> str:
    """A query with the variables that Grafana puts in."""
    for name, value in CHOSEN.items():
        expr = expr.replace(name, value)
    return expr


def often(rules: Path, home: Path) -> Path:
    """The rules, evaluated each second."""
    document = yaml.safe_load(rules.read_text())
    for group in document["groups"]:
        group["interval"] = "1s"
    file = home / rules.name
    file.write_text(yaml.safe_dump(document))
    return file


@contextmanager
def prometheus(home: Path, worker: int) -> Iterator[Prometheus]:
    """Prometheus with the generated rules, scraping a worker."""
    home.mkdir()
    rules = [often(file, home) for file in sorted((GENERATED / "prometheus").glob("*.yml"))]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(file) for file in rules],
        "scrape_configs": [
            {
                "job_name": "floorpulse",
                "static_configs": [{"targets": [f"127.0.0.1:{worker}"]}],
            }
        ],
    }
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                needs("prometheus"),
                f"--config.file={home / 'prometheus.yml'}",
                f"--storage.tsdb.path={home / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield Prometheus(port)
    finally:
        process.terminate()
        process.wait(60)


def wrong(prometheus: Prometheus, dashboard: Dashboard) -> Iterator[str]:
    """Queries that find nothing without a reason, and names of series that lack a label."""
    for panel in dashboard.panels:
        for query in panel.queries:
            answer = prometheus.found(query)
            if not (answer or query.may_be_empty):
                yield f"{dashboard.title}: {panel.title}: nothing found: {chosen(query.expr)}"
            named = set(re.findall(r"{{(\w+)}}", query.legend))
            if any(named - series["metric"].keys() for series in answer):
                yield f"{dashboard.title}: {panel.title}: {query.legend} of {answer[0]['metric']}"


def offered(prometheus: Prometheus, query: str) -> list[str]:
    """What a variable offers."""
    series, _, label = query.removeprefix("label_values(").removesuffix(")").rpartition(", ")
    return prometheus.ask(f"label/{label}/values", **{"match[]": chosen(series)})


@pytest.mark.parametrize("install", ["embedded"], indirect=True)
def test_every_query_finds_something_at_a_worker_that_counts_a_floor(
    install: Install, tmp_path: Path
) -> None:
    needs("prometheus")
    at = install(DEMO_ROSTER.read_text(), NOW)
    worker = at.ready(at.start())
    with prometheus(tmp_path / "prometheus", worker.port) as server:
        # Else all may be counted before the first scrape, and no counter grow after it.
        until("the worker is scraped", lambda: server.ask("query", query="up == 1")["result"])
        at.command("simulate", "--days", "8", "--keep-up", "--no-live", "--malformed", "0.001")
        at.settle()
        last = "count_over_time(team:floorpulse_lead_to_won:ratio[1h]) > 10"
        until("the rules are recorded", lambda: server.ask("query", query=last)["result"])

        assert [mistake for dashboard in DASHBOARDS for mistake in wrong(server, dashboard)] == []

        offers = {
            (dashboard.uid, variable.name): offered(server, variable.query)
            for dashboard in DASHBOARDS
            for variable in dashboard.variables
        }
        assert offers["floorpulse-floor", "floor"] == ["amsterdam", "new-york"]
        assert offers["floorpulse-team", "team"] == ["canal", "harbour", "windmill"]
        assert "anouk" in offers["floorpulse-rep", "rep"]
        assert "alma" not in offers["floorpulse-rep", "rep"]  # of the other floor
        assert all(offers.values())

        for panel in floor.DASHBOARD.panels[:6]:
            (series,) = server.found(panel.queries[0])
            assert series["metric"]["state"] in {state.label for state in STATES[:4]}
            assert series["metric"]["goal"]


@pytest.fixture(name="read", scope="module")
def _read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads dashboards with Grafana's own types, as Go has compiled them."""
    go = shutil.which("go")
    if go is None:
        missing = (
            "go (1.24 or newer) is not here: it compiles Grafana's types, which read dashboards"
        )
        pytest.skip(missing)
    reader = tmp_path_factory.mktemp("types") / "reader"
    source = ROOT / "tests" / "grafana"
    unoptimized = "-gcflags=all=-N -l"  # it runs for a moment, and compiles in half the time
    build = [go, "build", unoptimized, "-o", reader, "."]
    subprocess.run(build, cwd=source, check=True, timeout=1200)

    def read(*files: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([reader, *files], capture_output=True, text=True, check=False)

    return read


def test_the_types_of_grafana_read_every_dashboard(read: Read) -> None:
    files = sorted(GENERATED.glob("grafana*/*.json"))

    good = read(*files)

    assert len(files) == len(DASHBOARDS)
    assert good.returncode == 0, good.stdout + good.stderr


def test_the_types_of_grafana_refuse_a_bad_dashboard(read: Read, tmp_path: Path) -> None:
    bad = json.loads(to_json(floor.DASHBOARD))
    bad["panels"][0]["span"] = 4
    bad["panels"][1]["options"]["textMode"] = 7
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    unknown = json.loads(to_json(floor.DASHBOARD))
    unknown["panels"][2]["type"] = "heatmap"
    (tmp_path / "unknown.json").write_text(json.dumps(unknown))

    refused = read(tmp_path / "bad.json", tmp_path / "unknown.json")

    assert refused.returncode == 1
    assert "panels[0].Panel: unexpected field 'span'" in refused.stdout
    assert "panels[1].options.textMode" in refused.stdout
    assert "panels[2]: add the type 'heatmap'" in refused.stdout
