"""What is done to the running product; each fault happens while events come in."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.chaos.run import Chaos
from tests.running import RunningWorker, until

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
    said = worker.log.read_text()
    return worker.process.poll() == 1 and "FLOORPULSE_FLOOD_LIMIT=off" in said


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


FAULTS: tuple[Callable[[Chaos], None], ...] = (
    kill_workers,
    wake_an_old_owner,
    scale,
    kill_the_broker,
    roll_workers,
    lose_redis,
    fail_over_redis,
    hot_rep,
    repeat_and_shuffle,
    poison,
    flood,
    refuse_commits,
    freeze_the_broker,
    outlive_retention,
)
