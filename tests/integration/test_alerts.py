"""From events to a message: the simulator, a worker, Prometheus, Alertmanager, a webhook.

The generated files are used as they are, but for their times, which are sixty times shorter.
"""

import json
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from dashboards.alerting.alert import Alert
from dashboards.alerting.prometheus import ALERTS
from dashboards.alerting.receivers import parse_receivers
from floorpulse.demo.monitors import Monitors
from floorpulse.simulator.leads import Spike
from floorpulse.simulator.stream import World, events, history_start
from streams.clock import HOUR, MINUTE, Micros, parse_instant
from streams.roster.file import load_roster
from streams.settings import Settings
from tests.integration.conftest import Install
from tests.prometheus import needs
from tests.realkafka import free_port
from tests.running import Installation, until

NOW = "2026-11-24T14:30:00Z"  # a Tuesday, with both floors of the demo at work
ROSTER = Path(__file__).parents[2] / "floorpulse" / "demo" / "demo-roster.yaml"
AUDIENCES = {"platform": "platform", "managers": "floor-managers", "leads": "team-leads"}


class Inbox:
    """A webhook on loopback that keeps the alerts it is sent, by the path they come to."""

    def __init__(self) -> None:
        alerts: dict[str, list[dict]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                alerts.setdefault(self.path.strip("/"), []).extend(message["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Silent."""

        self.alerts = alerts
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def names(self, audience: str) -> set[str]:
        """The alerts that an audience was sent."""
        return {alert["labels"]["alertname"] for alert in self.alerts.get(audience, [])}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Tower:
    """Prometheus and Alertmanager over one worker, with the files that `alerting write` writes."""

    def __init__(
        self,
        processor: Installation,
        inbox: Inbox,
        home: Path,
        stack: ExitStack,
        scrapes: Callable[[str], str],
    ) -> None:
        self.monitors = Monitors(
            home / "alerting",
            {part: needs(part) for part in ("prometheus", "alertmanager")},
            {part: f"127.0.0.1:{free_port()}" for part in ("prometheus", "alertmanager")},
        )
        receivers = [
            {"name": name, "webhook_configs": [{"url": f"{inbox.url}/{audience}"}]}
            for audience, name in AUDIENCES.items()
        ]
        port = {"FLOORPULSE_WORKER_PORT": str(processor.workers[0].port)}
        self.monitors.write_files(
            Settings.from_env(port), parse_receivers(json.dumps({"receivers": receivers}))
        )
        for file in self.monitors.home.rglob("*.yml"):
            file.write_text(_sixty_times_faster(file.read_text()))
        config = self.monitors.home / "prometheus.yml"
        config.write_text(scrapes(config.read_text()))
        for name, command in self.monitors.commands.items():
            log = stack.enter_context((home / f"{name}.log").open("wb"))
            process = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)

    def ask(self, query: str) -> list[dict]:
        """What Prometheus answers to a query."""
        asked = urllib.parse.urlencode({"query": query})
        url = f"{self.monitors.prometheus_url}/api/v1/query?{asked}"
        with urllib.request.urlopen(url, timeout=30) as response:
            samples: list[dict] = json.load(response)["data"]["result"]
        return samples

    def firing(self) -> set[str]:
        """The alerts that fire."""
        return {sample["metric"]["alertname"] for sample in self.ask('ALERTS{alertstate="firing"}')}

    def evaluations(self) -> float:
        """How often the group of alerts about people was evaluated."""
        name = "prometheus_rule_group_iterations_total{"
        with urllib.request.urlopen(f"{self.monitors.prometheus_url}/metrics", timeout=30) as page:
            lines = page.read().decode().splitlines()
        (line,) = (line for line in lines if line.startswith(name) and "floorpulse-people" in line)
        return float(line.rpartition(" ")[2])


def _sixty_times_faster(text: str) -> str:
    """Minutes become seconds, and what is looked at every few seconds is looked at every second."""
    # group_interval too: a group that is muted at its first look is not looked at again before.
    text = re.sub(r"(?m)^( *(?:for|keep_firing_for|group_interval): \d+)m$", r"\1s", text)
    text = re.sub(r"(?m)^( *(?:for|keep_firing_for): \d+)h$", r"\1m", text)
    text = re.sub(
        r"(?m)^( *(?:interval|scrape_interval|evaluation_interval): )\d+s$", r"\g<1>1s", text
    )
    return re.sub(r"(?m)^( *group_wait: )30s$", r"\g<1>1s", text)


@pytest.fixture(name="inbox")
def _inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.close()


@pytest.fixture(name="stack")
def _stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def simulated(now: Micros, spike: Spike | None = None) -> list[dict]:
    """What the people of the demo did in six business days until *now*."""
    roster = load_roster(ROSTER)
    world = World(roster, 1, spike)
    return [
        {"topic": event.topic, **json.loads(event.value)}
        for event in events(world, history_start(roster, 6, now), now)
    ]


def watched(
    install: Install,
    inbox: Inbox,
    home: Path,
    stack: ExitStack,
    counted: list[dict],
    scrapes: Callable[[str], str] = str,
    **extra: str,
) -> Tower:
    """A worker that has *counted* events, and who watches it."""
    for tool in ("prometheus", "alertmanager"):
        needs(tool)  # before a worker counts for nothing
    processor = install(ROSTER.read_text(), NOW, extra=extra)
    processor.ready(processor.start())
    processor.replay(counted)
    processor.settle()
    return Tower(processor, inbox, home, stack, scrapes)


def test_a_spike_of_disqualification_reaches_the_floor_manager(
    install_embedded: Install, inbox: Inbox, tmp_path: Path, stack: ExitStack
) -> None:
    now = parse_instant(NOW)
    happened = simulated(now, Spike(now - 3 * HOUR, None))
    tower = watched(install_embedded, inbox, tmp_path, stack, happened)

    until(
        "the floor manager gets the alert",
        lambda: "DisqualificationSpike" in inbox.names("managers"),
    )

    (alert, *_) = (
        alert
        for alert in inbox.alerts["managers"]
        if alert["labels"]["alertname"] == "DisqualificationSpike"
    )
    floor = alert["labels"]["floor"]
    assert alert["labels"]["severity"] == "page"
    assert alert["annotations"]["summary"] == f"{floor}: disqualification jumped"
    assert re.search(r"at least \d\d(\.\d+)?% with 99.9", alert["annotations"]["description"])
    assert alert["annotations"]["runbook_url"].endswith("/runbooks/DisqualificationSpike")
    assert "DisqualificationSpike" in tower.firing()
    # In the end: at sixty times the speed some fire before the worker was scraped for a while.
    broken = {alert.name for alert in ALERTS if alert.audience == "platform"}
    until("nothing is broken", lambda: not broken & tower.firing())


def test_a_dead_telephone_feed_is_an_outage_and_no_matter_of_people(
    install_embedded: Install, inbox: Inbox, tmp_path: Path, stack: ExitStack
) -> None:
    now = parse_instant(NOW)
    died = now - 150 * MINUTE
    happened = [
        event
        for event in simulated(now)
        if event["topic"] != "calls" or parse_instant(event["at"]) < died
    ]
    tower = watched(install_embedded, inbox, tmp_path, stack, happened, REP_ALERTS="1")

    until("who runs it gets the alert", lambda: "KPIChannelSilent" in inbox.names("platform"))
    seen = tower.evaluations()
    until("the rules were asked again", lambda: tower.evaluations() > seen + 30)

    channels = {
        alert["labels"]["channel"]
        for alert in inbox.alerts["platform"]
        if alert["labels"]["alertname"] == "KPIChannelSilent"
    }
    assert channels == {"call"}
    people = {alert.name for alert in ALERTS if alert.scope == "kpi"}
    assert not people & tower.firing()
    assert not inbox.names("managers")
    assert not inbox.names("leads")
    behind = next(alert for alert in ALERTS if alert.name == "RepPaceBehind")
    assert tower.ask(_without_gates(behind)), "somebody would have been called behind"


def test_two_scrape_jobs_of_one_worker_count_it_once(
    install_embedded: Install, inbox: Inbox, tmp_path: Path, stack: ExitStack
) -> None:
    events_of_the_floor = simulated(parse_instant(NOW))
    tower = watched(
        install_embedded, inbox, tmp_path, stack, events_of_the_floor, scrapes=_twice_with_a_pod
    )
    series = 'floorpulse_effective_touches{window="today"}'

    until("both jobs are scraped", lambda: len(tower.ask(f"count by (job) ({series})")) == 2)
    until("sums are recorded", lambda: tower.ask(f"floor:{series.replace('{', ':sum{')}"))

    (once,) = values(tower.ask(f'sum({series[:-1]},job="floorpulse-worker"}})'))
    assert once > 100
    assert values(tower.ask(f"sum(floor:{series.replace('{', ':sum{')})")) == [once]
    scheduled = values(
        tower.ask("sum by (floor) (max by (floor) (floorpulse_floor_reps_scheduled))")
    )
    until(
        "reps on shift are recorded once",
        lambda: values(tower.ask("floor:floorpulse_floor_reps_on_shift:sum")) == scheduled,
    )
    assigned = "sum by (topic) (max by (topic, worker) (floorpulse_assigned_partitions))"
    there = "max by (topic) (floorpulse_topic_partitions)"
    assert values(tower.ask(assigned)) == values(tower.ask(there))


def _twice_with_a_pod(config: str) -> str:
    """Prometheus' file, with a second job that scrapes the same and adds a label."""
    document = yaml.safe_load(config)
    (job,) = document["scrape_configs"]
    labels = [{**targets, "labels": {"pod": "w-1"}} for targets in job["static_configs"]]
    again = {**job, "job_name": "again", "static_configs": labels}
    return yaml.safe_dump({**document, "scrape_configs": [job, again]})


def values(samples: list[dict]) -> list[float]:
    """The values that Prometheus answered with, in the order of their labels."""
    ordered = sorted(samples, key=lambda sample: sorted(sample["metric"].items()))
    return [float(sample["value"][1]) for sample in ordered]


def _without_gates(alert: Alert) -> str:
    return alert.expr.partition("\nunless")[0]
