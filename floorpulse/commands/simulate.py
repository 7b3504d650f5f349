"""`simulate`: an invented sales floor, its past weeks and its present, into Kafka."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click

from floorpulse.inputs import read_roster, settings_of_env
from floorpulse.simulator.faults import Delivery, Faults, arrivals
from floorpulse.simulator.leads import Spike
from floorpulse.simulator.sending import Backlog, go_live, write_history
from floorpulse.simulator.stream import World, events, history_start
from metrics.channels import CHANNELS
from streams.clock import SECOND, Micros, iso
from streams.kafka.admin import counts_of
from streams.kafka.group import committed_offsets
from streams.kafka.producer import Feeder, feeding
from streams.kafka.rights import check_rights, needs
from streams.kafka.topics import Topics
from streams.roster.people import Roster
from streams.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
EVERY_TEAM = "*"
STOPS_WITHIN = 2.0  # seconds for what is on its way when it is ended
SHARE = click.FloatRange(0, 1)


def _share(name: str, text: str) -> Callable[[F], F]:
    return click.option(name, type=SHARE, default=0.0, metavar="SHARE", help=text)


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other people.")
@click.option(
    "--days",
    type=click.IntRange(0, 40),
    default=20,
    show_default=True,
    help="Business days of history that are written first.",
)
@click.option("--no-live", is_flag=True, help="Write the history and stop.")
@click.option(
    "--roster",
    "roster_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose floor it is; default FLOORPULSE_ROSTER.",
)
@click.option(
    "--keep-up",
    is_flag=True,
    help="Send history only as fast as the workers read it, as the demo's small broker needs.",
)
@_share("--duplicates", "Send this share of the events twice.")
@click.option(
    "--reorder",
    type=click.FloatRange(0, 86_400),
    default=0.0,
    metavar="SECONDS",
    help="Delay every event by up to this long.",
)
@_share(
    "--late",
    "Send this share 1-5 days late (the last are still to come when history ends); some bring "
    "with them a touch that is older than the 60 days kept.",
)
@_share("--malformed", "Also inject this share of malformed records.")
@_share("--corrections", "Correct this share minutes to days later: outcome, time, or deleted.")
@click.option(
    "--disqualification-spike",
    "spike",
    is_flag=False,
    flag_value=EVERY_TEAM,
    metavar="[TEAM]",
    help="As live begins, account managers reject most of the team's appointments, and at once.",
)
@click.option(
    "--silent",
    type=click.Choice([channel.topic for channel in CHANNELS]),
    help="This feed stops when live begins.",
)
def simulate(
    seed: int,
    days: int,
    no_live: bool,
    roster_file: Path | None,
    keep_up: bool,
    spike: str | None,
    reorder: float,
    **switches: Any,
) -> None:
    """Send the events of an invented floor.

    Its last 20 business days first, then live. The people are those of the roster, with its shifts,
    breaks and absences; how they work is drawn from the seed. The same roster, seed and stretch of
    time give the same events, so a history may be written again: it counts once. Ctrl-C ends it.

    \b
    floorpulse simulate                                history, then live
    floorpulse simulate --no-live --days 5 --seed 7    five days of other people
    floorpulse simulate --duplicates 0.05 --reorder 90 --late 0.01 --corrections 0.02
    floorpulse simulate --silent calls                 the telephone feed dies
    floorpulse simulate --disqualification-spike harbour
    FLOORPULSE_CLOCK=-43200 floorpulse simulate        as if it were twelve hours ago
    """
    if no_live and (spike is not None or switches["silent"] is not None):
        raise click.UsageError(
            "--silent and --disqualification-spike begin with live: no --no-live"
        )
    settings = settings_of_env()
    roster = read_roster(roster_file or settings.roster, settings.unassigned_zone)
    if not roster.reps:
        raise click.ClickException("there is nobody on the roster")
    if spike not in (None, EVERY_TEAM, *roster.teams):
        known = ", ".join(roster.teams)
        problem = f"{spike!r} is not a team; known are {known}"
        raise click.BadParameter(problem, param_hint="--disqualification-spike")
    now = settings.clock()
    faults = Faults(seed=seed, reorder_seconds=reorder, live_from=now, **switches)
    world = World(roster, seed, _spike(spike, now))
    run = _Run(settings, roster, world, faults, now)
    _guarded(run, days, is_live=not no_live, keep_up=keep_up)


def _spike(team: str | None, now: Micros) -> Spike | None:
    if team is None:
        return None
    return Spike(now, None if team == EVERY_TEAM else team)


def _guarded(run: "_Run", days: int, *, is_live: bool, keep_up: bool) -> None:
    """Run it; what stops it is reported in a line."""
    try:
        asyncio.run(run.all(days, is_live=is_live, keep_up=keep_up))
    except (asyncio.CancelledError, KeyboardInterrupt):
        if not run.is_live:
            raise click.Abort from None
        _say("stopped")


@dataclasses.dataclass(slots=True)
class _Run:
    """One run of the command; `is_live` once the history is written."""

    settings: Settings
    roster: Roster
    world: World
    faults: Faults
    now: Micros
    is_live: bool = False

    async def all(self, days: int, *, is_live: bool, keep_up: bool) -> None:
        """History, then live."""
        _end_on_signals()
        counts = await self._input_counts()
        start = history_start(self.roster, days, self.now)
        coming = arrivals(events(self.world, start), self.faults)
        async with feeding(self.settings) as feeder:
            left = await self._history(feeder, start, coming, counts if keep_up else None)
            if not is_live:
                return
            if _is_frozen(self.settings):
                _say(f"the clock stands still at {iso(self.now)}: nothing goes live")
                return
            self.is_live = True
            _say("live: events go out as the clock reaches them; Ctrl-C ends it")
            await go_live(feeder, left, self.settings.clock, _say)
            _say("nobody on the roster works any more")

    async def _input_counts(self) -> dict[str, int]:
        """How many partitions each input topic has.

        Raises KafkaUnusableError where a topic is missing, or the right to write to it.
        """
        inputs = Topics(self.settings).inputs
        await check_rights(self.settings, needs(inputs, "Write"))
        return await counts_of(self.settings, inputs)

    async def _history(
        self,
        feeder: Feeder,
        start: Micros,
        coming: Iterator[Delivery],
        counts: dict[str, int] | None,
    ) -> Iterator[Delivery]:
        """Send all that was due before now; what comes after it."""
        rest: list[Delivery] = []
        past = _until(coming, self.now, rest)
        stderr = click.get_text_stream("stderr")
        async with contextlib.AsyncExitStack() as stack:
            backlog = None
            if counts is not None:
                committed = await stack.enter_async_context(committed_offsets(self.settings))
                backlog = Backlog(self.settings, counts, committed, _say)
            seconds = (self.now - start) // SECOND
            bar = stack.enter_context(
                click.progressbar(length=seconds, label="writing history", file=stderr)
            )
            sent = await write_history(
                feeder, past, backlog, lambda at: bar.update((at - start) // SECOND - bar.pos)
            )
            bar.update(seconds - bar.pos)
        _say(f"wrote {sent} events of {iso(start)} to {iso(self.now)}")
        return chain(rest, coming)


def _until(coming: Iterator[Delivery], now: Micros, rest: list[Delivery]) -> Iterator[Delivery]:
    """What is due before *now*; the first that is not is put into *rest*."""
    for delivery in coming:
        if delivery.due >= now:
            rest.append(delivery)
            return
        yield delivery


def _is_frozen(settings: Settings) -> bool:
    shown = settings.clock()
    time.sleep(0.002)
    return settings.clock() == shown


def _end_on_signals() -> None:
    """SIGINT and SIGTERM end the run, and what is on its way has two seconds."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def end() -> None:
        task.cancel()
        loop.call_later(STOPS_WITHIN, os._exit, 1)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
