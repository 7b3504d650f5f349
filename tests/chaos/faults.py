"""What is done to the running product; each fault happens while events come in."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.kafka.topics import TABLES
from tests.chaos.feed import REPS
from tests.chaos.run import Chaos
from tests.chaos.verdict import differences_by_moving_clock
from tests.faketime import LIBRARY
from tests.running import RunningWorker, until

Fault = Callable[[Chaos], None]

EVENTS = 1500  # of a round
FLOOD = 8000  # unreadable events, many times what a worker takes a share of
PAUSE = 9.0  # seconds; more than the session timeout of the workers under test, which is 6


@contextmanager
def incoming(chaos: Chaos, events: list[dict] | None = None) -> Iterator[None]:
    """Events come in while the block does its harm; it ends when all are acknowledged."""
    made = chaos.feed.events(EVENTS) if events is None else events
    sending = threading.Thread(target=lambda: asyncio.run(chaos.feed.send(made)))
    sending.start()
    time.sleep(chaos.chance.uniform(0.1, 1.0))
    yield
    sending.join()


def kill_workers(chaos: Chaos) -> None:
    """SIGKILL one worker after the other, at random moments."""
    for _ in range(3):
        with incoming(chaos):
            chaos.kill(chaos.chance.choice(chaos.processor.alive))


def roll_workers(chaos: Chaos) -> None:
    """Stop and replace every worker in order."""
    with incoming(chaos):
        for worker in list(chaos.processor.alive):
            worker.stop()
            chaos.counts["rolling stops"] += 1
            chaos.processor.start()
            chaos.until_whole()


def wake_an_old_owner(chaos: Chaos) -> None:
    """SIGSTOP a worker beyond its session, and let it wake up among the new owners."""
    with incoming(chaos):
        asleep = chaos.chance.choice(chaos.processor.alive)
        asleep.process.send_signal(signal.SIGSTOP)
    with incoming(chaos):
        time.sleep(PAUSE)
    with incoming(chaos):
        asleep.process.send_signal(signal.SIGCONT)
        chaos.counts["woken owners"] += 1


def scale(chaos: Chaos) -> None:
    """1, 3, 2 workers."""
    for number in (1, 3, 2):
        with incoming(chaos):
            chaos.scale(number)
            chaos.until_whole()


def kill_the_broker(chaos: Chaos) -> None:
    """SIGKILL Kafka and start it again."""
    with incoming(chaos):
        chaos.restart_kafka(chaos.chance.uniform(0.5, 4))
        chaos.counts["broker kills"] += 1


def lose_redis(chaos: Chaos) -> None:
    """Valkey is killed and comes back empty; and is flushed."""
    with incoming(chaos):
        chaos.restart_valkey(3)
        time.sleep(1)
        chaos.redis.flushall()
        chaos.counts["losses of Redis"] += 1


def fail_over_redis(chaos: Chaos) -> None:
    """A replica of Valkey takes over the name; the old primary goes on answering."""
    with incoming(chaos):
        chaos.fail_over_valkey()
        chaos.counts["failovers of Redis"] += 1


def poison(chaos: Chaos) -> None:
    """A tenth of the events cannot be read."""
    asyncio.run(chaos.feed.send(chaos.feed.events(EVENTS), broken=0.1))
    chaos.counts["batches of poison"] += 1


def flood(chaos: Chaos) -> None:
    """More unreadable events than the limit allows: workers stop until somebody lets them go on."""
    started = list(chaos.processor.alive)
    with incoming(chaos):
        asyncio.run(chaos.feed.send_broken(FLOOD))
        until("a flood stops a worker", lambda: any(map(_is_stopped_by_flood, started)))
        chaos.replace_all(len(started), FLOOD_LIMIT="off")
    chaos.counts["workers stopped by a flood"] += sum(map(_is_stopped_by_flood, started))
    chaos.settle()
    chaos.replace_all(len(started))


def _is_stopped_by_flood(worker: RunningWorker) -> bool:
    return _is_stopped_by(worker, "FLOORPULSE_FLOOD_LIMIT=off")


def _is_stopped_by(worker: RunningWorker, words: str) -> bool:
    """Whether a worker ended itself, and said so in its last line."""
    last_line = worker.log.read_text().strip().rpartition("\n")[2]
    return worker.process.poll() == 1 and words in last_line


def refuse_commits(chaos: Chaos) -> None:
    """The group puts its members out while they count, and refuses what they commit."""
    before = chaos.commits_refused()
    for _ in range(10):
        with incoming(chaos):
            for _ in range(3):
                chaos.expel_members()
                time.sleep(chaos.chance.uniform(0.5, 2))
            chaos.until_whole()
        if chaos.commits_refused() > before:
            return
    raise AssertionError("no commit was refused")


def freeze_the_broker(chaos: Chaos) -> None:
    """SIGSTOP Kafka beyond the sessions of its members, and SIGCONT."""
    with incoming(chaos):
        chaos.freeze_kafka(PAUSE)
        chaos.counts["broker freezes"] += 1


def outlive_retention(chaos: Chaos) -> None:
    """Nobody counts until all that was committed is deleted; events come, then the workers."""
    number = len(chaos.processor.alive)
    chaos.settle()
    chaos.scale(0)
    chaos.counts["offsets deleted by retention"] += chaos.outlive_retention()
    with incoming(chaos):
        chaos.scale(number)
        chaos.until_whole()


def make_an_input_anew(chaos: Chaos) -> None:
    """An input is deleted with what nobody counted yet, made anew, and that is sent again.

    Workers stop with their line; those that accept it go on, and mark every number from then on.
    """
    started, sent_before = list(chaos.processor.alive), len(chaos.feed.acknowledged)
    with incoming(chaos):
        chaos.make_anew(_some_input(chaos))
        _accept_loss(chaos, started, "the topic was deleted", "deleted and made anew")
    asyncio.run(chaos.feed.send(chaos.feed.acknowledged[sent_before:]))
    _forget_acceptance(chaos)
    chaos.counts["inputs made anew"] += 1


def make_a_changelog_anew(chaos: Chaos) -> None:
    """A changelog is deleted with all its rows, and made anew; then all events are sent again.

    Workers stop with their line, as those do that are started meanwhile; those that accept it go
    on, and mark every number. They count the inputs from their first records, so that a flood of
    before stops them again where it is not let through.
    """
    started = list(chaos.processor.alive)
    topic = chaos.topics.changelog(chaos.chance.choice(TABLES))
    with incoming(chaos):
        chaos.make_anew(topic)
        _accept_loss(chaos, started, f"incomplete: {topic}/", FLOOD_LIMIT="off")
    asyncio.run(chaos.feed.send(list(chaos.feed.acknowledged)))
    _forget_acceptance(chaos)
    chaos.counts["changelogs made anew"] += 1


def shorten_a_log(chaos: Chaos) -> None:
    """Kafka comes back on logs of an input that lost their ends; all of them had been counted."""
    started = list(chaos.processor.alive)
    asyncio.run(chaos.feed.send(chaos.feed.events(EVENTS)))
    chaos.settle()
    chaos.counts["bytes of logs cut off"] += chaos.shorten(_some_input(chaos))
    _accept_loss(chaos, started, "its log was shortened")
    with incoming(chaos):
        _forget_acceptance(chaos)
    chaos.counts["logs shortened"] += 1


def _some_input(chaos: Chaos) -> str:
    """An input, but not the calls, of which the naive worker counts the records."""
    return chaos.feed.prefix + chaos.chance.choice(("emails", "inmails", "lead-status"))


def _accept_loss(chaos: Chaos, started: list[RunningWorker], *words: str, **settings: str) -> None:
    """Wait until a worker stops with its line, and start all with --accept-incomplete."""

    def has_stopped() -> bool:
        return any(_is_stopped_by(worker, each) for worker in started for each in words)

    until("lost records stop a worker", has_stopped, 120)
    chaos.replace_all(len(started), "--accept-incomplete", **settings)
    chaos.is_incomplete = True


def _forget_acceptance(chaos: Chaos) -> None:
    """Start all workers without the option: what was accepted is known by the changelogs."""
    chaos.settle()
    chaos.replace_all(len(chaos.processor.alive))


def leap_the_clock(chaos: Chaos) -> None:
    """The workers' clock leaps ahead and back; a worker is killed meanwhile, and events come in.

    By a clock that goes on: the numbers have to be right when it is back, before any restart.
    """
    number, sent_before = len(chaos.processor.alive), len(chaos.feed.acknowledged)
    with chaos.moving_clock() as leaps:
        chaos.replace_all(number)
        with incoming(chaos):
            leaps.to(chaos.chance.choice(("+13h", "+41d", "+365d")))
            time.sleep(chaos.chance.uniform(1, 5))
            chaos.chance.choice(chaos.processor.alive).kill()
            chaos.scale(number)
        chaos.until_whole()
        chaos.settle()
        leaps.to("+0")
        chaos.set_aside += chaos.feed.acknowledged[sent_before:]
        chaos.processor.command("dead-letters", "resend", "--late", "--yes")
        _until_right_by_moving_clock(chaos)
    chaos.replace_all(number)
    chaos.counts["leaps of the clock"] += 1


def _until_right_by_moving_clock(chaos: Chaos) -> None:
    try:
        until("the numbers are right again", lambda: not differences_by_moving_clock(chaos), 120)
    except AssertionError as error:
        wrong = differences_by_moving_clock(chaos)
        raise AssertionError(f"{error}; {len(wrong)} differ, such as {wrong[:3]}") from None


def hot_rep(chaos: Chaos) -> None:
    """20,000 mails of one rep in a quarter hour, once; then a tenth of it."""
    number = 20_000 if not chaos.counts["hot reps"] else 2_000
    chaos.counts["hot reps"] += 1
    with incoming(chaos, chaos.feed.hot(number)):
        chaos.kill(chaos.chance.choice(chaos.processor.alive))


def repeat_and_shuffle(chaos: Chaos) -> None:
    """Everything acknowledged of late comes again, in another order, while a worker is killed."""
    again = chaos.feed.acknowledged[-4000:]
    chaos.chance.shuffle(again)
    with incoming(chaos, again):
        chaos.kill(chaos.chance.choice(chaos.processor.alive))
    chaos.counts["replays"] += 1


def forget_people(chaos: Chaos) -> None:
    """A rep and a contact are forgotten while events of theirs come in, and a worker is killed.

    Then all comes again that was ever sent of either of them.
    """
    people = ("rep", chaos.chance.choice(REPS)), ("contact", f"k{chaos.chance.randrange(900)}")
    with incoming(chaos):
        for subject, person in people:
            chaos.forget(subject, person)
        time.sleep(chaos.chance.uniform(0, 4))
        chaos.kill(chaos.chance.choice(chaos.processor.alive))
    named = {person for _, person in people}
    asyncio.run(
        chaos.feed.send(
            [e for e in chaos.feed.acknowledged if named & {e["rep_id"], e["contact_id"]}]
        )
    )
    chaos.counts["people forgotten"] += len(people)


FAULTS: tuple[Fault, ...] = (
    kill_workers,
    wake_an_old_owner,
    scale,
    kill_the_broker,
    roll_workers,
    lose_redis,
    fail_over_redis,
    hot_rep,
    repeat_and_shuffle,
    forget_people,
    poison,
    flood,
    refuse_commits,
    freeze_the_broker,
    outlive_retention,
    make_an_input_anew,
    make_a_changelog_anew,
    shorten_a_log,
    *((leap_the_clock,) if LIBRARY else ()),
)
