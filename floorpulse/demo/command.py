"""`demo`: the whole product on one machine, with an invented floor and embedded parts."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from secrets import token_urlsafe
from types import FrameType

import click

from dashboards.door.passes import Identity
from dashboards.door.public import is_loopback
from floorpulse.access.links import link_of, recorded_link
from floorpulse.demo.embedded import PARTITIONS, embedded
from floorpulse.demo.monitors import Monitors, find_monitors
from floorpulse.demo.running import Processes, free_port, running
from floorpulse.inputs import read_roster, settings_of_env
from streams.clock import MINUTE, SECOND, iso, system_clock
from streams.kafka.topics import Topics
from streams.roster.floors import Floor
from streams.roster.people import Roster
from streams.roster.persons import Role
from streams.settings import PREFIX, Settings

ROSTER = Path(__file__).with_name("demo-roster.yaml")
ROSTER_AS_OF = date(2026, 11, 23)  # a Monday; the demo moves the roster's dates on by whole weeks
LINK_DAYS = 30
TEN_DAYS = 10 * 24 * 6  # in steps of ten minutes; every weekend is shorter


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("simulation", nargs=-1, type=click.UNPROCESSED)
def demo(simulation: tuple[str, ...]) -> None:
    """Run everything on this machine, with an invented floor.

    A broker, Valkey, a worker and the wall: nothing needs to be there but this command, and nothing
    is kept when it ends. The last 20 business days are written first, then the floor goes on live.
    Whatever follows is handed to `floorpulse simulate`, whose faults can be tried here:

    \b
    floorpulse demo
    floorpulse demo --disqualification-spike harbour
    floorpulse demo --silent calls
    """
    with _ended_by_signals(), _home() as home:
        roster_file = home / "roster.yaml"
        roster_file.write_text(_moved_to(date.today(), ROSTER.read_text()))  # noqa: DTZ011
        settings = settings_of_env()
        roster = read_roster(roster_file, settings.unassigned_zone)
        with embedded(spec.name for spec in Topics(_small(settings)).specs()) as parts:
            env = {
                **_without_our_own(os.environ),
                "TMPDIR": str(home),  # so that even what is killed leaves nothing behind
                **_environment(
                    BROKERS=parts.brokers,
                    REDIS_URL=parts.redis_url,
                    ROSTER=str(roster_file),
                    PARTITIONS=str(PARTITIONS),
                    LEAD_PARTITIONS=str(PARTITIONS),
                    SECRET=settings.secret or token_urlsafe(32),
                    WORKER_PORT=_port(settings.bind, settings.worker_port, "WORKER_PORT"),
                    WALL_PORT=_port(settings.bind, settings.wall_port, "WALL_PORT"),
                    CLOCK=os.environ.get(f"{PREFIX}CLOCK") or _shift(roster),
                ),
            }
            wall = f"http://{settings.bind}:{env[f'{PREFIX}WALL_PORT']}"
            env.setdefault(f"{PREFIX}RUNBOOK_URL", f"{wall}/runbooks")
            env.setdefault(f"{PREFIX}WALL_OPEN", "1")
            if not is_loopback(settings.bind):
                env.setdefault(f"{PREFIX}PUBLIC_URL", wall)
            monitors = find_monitors(home, settings.bind, free_port)
            if monitors is not None:
                env.setdefault(f"{PREFIX}ALERTMANAGER_URL", monitors.alertmanager_url)
            with running(home, env) as processes:
                _run(processes, Settings.from_env(env), roster, simulation, monitors)


def _run(
    processes: Processes,
    settings: Settings,
    roster: Roster,
    simulation: tuple[str, ...],
    monitors: Monitors | None,
) -> None:
    processes.start("worker", "--accept-incomplete")
    processes.start("wall")
    if monitors is not None:
        monitors.write_files(settings)
        for name, command in monitors.commands.items():
            processes.launch(name, command)
    processes.start("simulate", "--keep-up", *simulation, shown=True)
    for port in (settings.wall_port, settings.worker_port):
        processes.wait_for(f"http://{settings.bind}:{port}/livez")
    _say_where(settings, roster, monitors)
    processes.watch()


def _say_where(settings: Settings, roster: Roster, monitors: Monitors | None) -> None:
    wall = f"http://{settings.bind}:{settings.wall_port}"
    rep = Identity("rep", next(iter(roster.reps)))
    lead, auditor = _first(roster, "lead"), _first(roster, "auditor")
    links = {who: recorded_link(settings, who, LINK_DAYS, "demo") for who in (rep, lead, auditor)}
    lines = [
        "",
        f"  the wall       {wall}/",
        f"  by a link      {link_of(settings, Identity('wall', ''), LINK_DAYS)}",
        f"  one rep        {links[rep]}",
        f"  a lead         {links[lead]}",
        f"  an auditor     {links[auditor]}",
        f"  the numbers    {wall}/data",
        f"  for Prometheus http://{settings.bind}:{settings.worker_port}/metrics",
        *_alert_lines(monitors),
        "",
        f"The people are invented. The clock of all parts stands at {iso(settings.clock())}.",
        "The embedded broker and Valkey keep nothing: all of it is gone when this ends. Ctrl-C.",
        "",
    ]
    click.echo("\n".join(lines))


def _first(roster: Roster, role: Role) -> Identity:
    """The first person of a role."""
    persons = roster.logins.persons.items()
    return next(Identity("person", login) for login, person in persons if person.role == role)


def _alert_lines(monitors: Monitors | None) -> list[str]:
    if monitors is None:
        return ["  alerts         none: Prometheus and Alertmanager are not on the PATH"]
    return [
        f"  alert rules    {monitors.prometheus_url}/alerts",
        f"  alerts         {monitors.alertmanager_url}/ (what fires is on the wall too)",
    ]


# -- what the parts are given


def _without_our_own(env: Mapping[str, str]) -> dict[str, str]:
    """Nobody is notified of what an invented floor does, and its own Prometheus brings no token."""
    names = ("RECEIVERS", "SECRET_FILE", "METRICS_TOKEN", "METRICS_TOKEN_FILE")
    left_out = [f"{PREFIX}{name}" for name in names]
    return {name: value for name, value in env.items() if name not in left_out}


def _environment(**settings: str) -> dict[str, str]:
    return {PREFIX + name: value for name, value in settings.items()}


def _small(settings: Settings) -> Settings:
    counts = _environment(PARTITIONS=str(PARTITIONS), LEAD_PARTITIONS=str(PARTITIONS))
    names = _environment(APP_ID=settings.app_id, TOPIC_PREFIX=settings.topic_prefix)
    return Settings.from_env({**counts, **names})


def _moved_to(today: date, roster: str) -> str:
    """The roster with all its dates later by the whole weeks since it was written."""
    weeks = timedelta(weeks=(today - ROSTER_AS_OF).days // 7)

    def moved(match: re.Match[str]) -> str:
        return (date.fromisoformat(match.group()) + weeks).isoformat()

    return re.sub(r"\b\d{4}-\d\d-\d\d", moved, roster)


def _shift(roster: Roster) -> str:
    """FLOORPULSE_CLOCK: empty while people work, else back to when they last were well at it."""
    now = system_clock()
    for floors in (list(roster.floors.values()), list(roster.floors.values())[:1]):
        for tens in range(TEN_DAYS):
            back = tens * 10 * MINUTE
            if all(_is_well_at_work(floor, (now - back) // MINUTE) for floor in floors):
                return f"-{back // SECOND}" if back else ""
    return ""


def _is_well_at_work(floor: Floor, minute: int) -> bool:
    return all(floor.is_open_at(minute + later) for later in (-60, 0, 60))


def _port(bind: str, wanted: int, setting: str) -> str:
    """The port, or the next one that is free, which is then said."""
    port = free_port(bind, wanted)
    if port is None:
        raise click.ClickException(f"no port from {wanted} on is free: set {PREFIX}{setting}")
    if port != wanted:
        click.echo(f"port {wanted} is taken, using {port} ({PREFIX}{setting} sets it)")
    return str(port)


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="floorpulse-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


class _EndedError(BaseException):
    """Carries a signal out of whatever was waited for."""


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let the block clean up at Ctrl-C or SIGTERM; a second signal does not disturb it."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise _EndedError

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        yield
    except _EndedError:
        click.echo("ended; nothing is left")
