"""Whether everything agrees with the independent recount, and the events behind a difference."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import suppress

import yaml
from redis.exceptions import RedisError

from tests import oracle
from tests.chaos.feed import NOW, ROSTER, as_sent
from tests.chaos.run import Chaos
from tests.readingsums import fetch, summed, team_sums, wall_sums
from tests.rowpeople import left_in_topics
from tests.running import until, without_expected
from tests.scrape import Numbers, figures, rep_numbers

FOLLOWS_WITHIN = 45.0  # seconds for Redis and the wall
Key = tuple[str, str, str, str, str | None]


def differences(chaos: Chaos) -> list[str]:
    """Compare everything with the independent recount; what differs, a line each."""
    chaos.until_whole()
    numbers = rep_numbers(chaos.settle())
    chaos.commits_refused()
    expected = _due(chaos, NOW)
    wrong = [*_metrics_differ(chaos, without_expected(numbers), expected)]
    wrong += _marks_differ(chaos)
    for name, read in (("Redis", _redis_sums), ("wall", _wall_sums)):
        try:
            follows = lambda read=read: not _unequal(*read(chaos, numbers))  # noqa: E731
            until(f"{name} follows", follows, FOLLOWS_WITHIN)
        except AssertionError:
            wrong.extend(f"{name}: {line}" for line in _unequal(*read(chaos, numbers))[:3])
    wrong += _people_left(chaos)
    imbalance = sum(w.total("floorpulse_ledger_imbalance_events") for w in chaos.processor.alive)
    if imbalance:
        wrong.append(f"ledger equation: off by {imbalance}")
    return wrong


def differences_by_moving_clock(chaos: Chaos) -> list[str]:
    """Where numbers are not those of a recount at the minute of the workers' own clocks."""
    texts = chaos.settle()
    clocks = [figures(text, "floorpulse_clock_timestamp_seconds").values() for text in texts]
    minutes = {int(seconds) // 60 for each in clocks for seconds in each}
    if len(minutes) != 1:
        return [f"the workers' clocks are at {len(minutes)} minutes"]
    now = dt.datetime.fromtimestamp(minutes.pop() * 60, dt.UTC)
    return _unequal(without_expected(rep_numbers(texts)), _due(chaos, now))


def letters_differ(chaos: Chaos) -> Iterator[str]:
    """Whether all that could not be taken is kept, and nothing else; may be kept twice."""
    broken = {as_sent({"broken": name}) for name in chaos.feed.broken}
    late = [event for event in chaos.feed.acknowledged if oracle.is_late(event, NOW)]
    named = [event for event in late if _is_forgotten(chaos, event)]  # late before or after that
    unsure = [*named, *chaos.set_aside]
    as_one = {as_sent(event) for event in unsure}
    as_one |= {as_sent({**event, "contact_id": None}) for event in unsure}
    for what, due, may, options in (
        ("dead letters", broken, set(), []),
        ("late events", set(map(as_sent, late)) - as_one, as_one, ["--late"]),
    ):
        listed = ["dead-letters", "list", *options, "--format", "json", "--limit", "10000000"]
        lines = chaos.processor.command(*listed).splitlines()
        kept = {json.dumps(json.loads(json.loads(line)["value"])) for line in lines}
        undue = kept - due - may
        for how, these in (("not kept", due - kept), ("kept, but not due", undue)):
            if these:
                yield f"{what}: {len(these)} {how}, such as {min(these)}"


def _is_forgotten(chaos: Chaos, event: dict) -> bool:
    people = {(subject, person) for subject, person, _ in chaos.forgotten}
    return bool(people & {("rep", event["rep_id"]), ("contact", event["contact_id"])})


def _people_left(chaos: Chaos) -> list[str]:
    """The rows in Kafka that name somebody who was forgotten."""

    def left() -> list[tuple[str, bytes, str]]:
        return left_in_topics(chaos.kafka.bootstrap, chaos.topics, chaos.forgotten)

    with suppress(AssertionError):
        until("nobody is left in rows", lambda: not left(), FOLLOWS_WITHIN)
        return []
    return [f"{topic} {key!r} names {person}" for topic, key, person in left()[:3]]


def _due(chaos: Chaos, now: dt.datetime) -> Numbers:
    """What the workers have to export, by an independent recount of all that was acknowledged."""
    sent, forgotten = chaos.feed.acknowledged, chaos.forgotten
    counted = oracle.recount(sent, ROSTER, now, with_expected=False, forgotten=forgotten)
    return _as_exported(counted)


def _as_exported(recounted: Numbers) -> Numbers:
    """The same with all reps who are not on the roster as one without a name."""
    on_roster = yaml.safe_load(ROSTER)["reps"]
    numbers: Numbers = {}
    for (rep, *series), value in recounted.items():
        key = (rep if rep in on_roster else "", *series)
        numbers[key] = numbers.get(key, 0) + value
    return numbers


def _marks_differ(chaos: Chaos) -> Iterator[str]:
    """Whether all numbers, or none, are marked incomplete: by the workers, and on the wall."""
    due = chaos.is_incomplete
    marked = [worker.total("floorpulse_state_complete") == 0 for worker in chaos.processor.alive]
    if set(marked) != {due}:
        yield f"{sum(marked)} of {len(marked)} workers mark numbers incomplete, due: {due}"

    def is_on_wall() -> bool:
        floors = fetch(f"{chaos.wall}/data")["floors"]
        return bool(floors) and all(bool(floor["incomplete"]) is due for floor in floors)

    try:
        until("the wall follows", is_on_wall, FOLLOWS_WITHIN)
    except AssertionError:
        yield f"floors marked incomplete on the wall, due: {due}, are not"


def _metrics_differ(chaos: Chaos, shown: Numbers, expected: Numbers) -> Iterator[str]:
    keys = sorted(shown.keys() | expected.keys(), key=repr)
    wrong = [key for key in keys if shown.get(key, 0) != expected.get(key, 0)]
    yield from (f"/metrics: {line}" for line in _unequal(shown, expected)[:3])
    if wrong:
        yield f"    numbers that differ: {len(wrong)}, of {len({key[0] for key in wrong})} reps"
        yield from _events_behind(chaos, wrong[0])


def _events_behind(chaos: Chaos, key: Key) -> Iterator[str]:
    """How the rows in Kafka and the events that were sent differ in what the number counts."""
    rep, team, measure, window, channel = key
    asked = ["explain", rep, measure, window, "--team", team, "--format", "json"]
    if channel is not None:
        asked += ["--channel", channel]
    forgotten = chaos.home / "forgotten.jsonl"
    forgotten.write_text(chaos.processor.command("forget", "--list"))
    sent = ["--file", str(chaos.keep_events()), "--at", NOW.isoformat()]
    sent += ["--forgotten", str(forgotten)]
    try:
        rows, due = (_counted(chaos.processor.command(*asked, *source)) for source in ([], sent))
    except AssertionError as error:
        yield f"    cannot be explained: {error}"
        return
    if rows == due:
        yield "    the rows in Kafka are right: what a worker has in memory differs"
    for how, these in (("lack", due - rows), ("count, and should not,", rows - due)):
        if these:
            yield f"    the rows in Kafka {how} (id, version): {sorted(these)}"


def _counted(text: str) -> set[tuple[str, int]]:
    """The ids and versions that count, of what `explain` prints."""
    lines = map(json.loads, text.splitlines())
    counted = (line for line in lines if line["kind"] == "counted")
    return {(event["id"], event["version"]) for unit in counted for event in unit["events"]}


def _redis_sums(chaos: Chaos, numbers: Numbers) -> tuple[dict, dict]:
    with suppress(RedisError):
        return team_sums(chaos.redis, chaos.processor.app_id), summed(numbers)
    return {}, summed(numbers)


def _wall_sums(chaos: Chaos, numbers: Numbers) -> tuple[dict, dict]:
    teams: dict = {}
    for (team, measure, window, _), value in summed(numbers).items():
        teams[team, measure, window] = teams.get((team, measure, window), 0) + value
    shown = wall_sums(fetch(f"{chaos.wall}/data"))
    return shown, {key: teams.get(key, 0) for key in shown}


def _unequal(shown: dict, expected: dict) -> list[str]:
    """Where two sets of numbers differ, zeros being the same as none."""
    return [
        f"{key}: {shown.get(key, 0)} instead of {expected.get(key, 0)}"
        for key in sorted(shown.keys() | expected.keys(), key=repr)
        if abs(shown.get(key, 0) - expected.get(key, 0)) > 1e-6
    ]
