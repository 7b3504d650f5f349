"""Changelogs that are not the logs to which rows were written."""

import pytest

from streams.changelog.lost_history import IncompleteError
from streams.clock import micros
from streams.settings import Settings
from tests import memorylog
from tests.build import MovingDesk
from tests.memorylog import CALLS, CHANGELOGS, LEADS, Case, Log
from tests.oldrows import old_rows
from tests.strategies import NOW

IDS = {place.topic: table.encode() * 3 for table, place in CHANGELOGS.items()}
TOUCHES = CHANGELOGS["touches"]
COMMITTED = {CALLS: 9, LEADS: 7}


@pytest.fixture(name="log")
def _log() -> Log:
    """Changelogs with a row each, of sources that were counted."""
    log = Log()
    log.ids = dict(IDS)
    log.ends_of = {CALLS: 9, LEADS: 7}
    return log


def case(log: Log, *, accept: bool = False) -> Case:
    return Case(log, MovingDesk(micros(NOW)), accept=accept)


async def counting(log: Log, *, accept: bool = False) -> Case:
    """A worker that has counted, with a row in each changelog."""
    started = case(log, accept=accept)
    await started.start({})
    for row in old_rows(2):
        log.append(CHANGELOGS[row.table], row.key, row.value)
    await started.start(COMMITTED)
    return started


def make_anew(log: Log) -> None:
    log.records[TOUCHES] = []
    log.ids[TOUCHES.topic] = b"another one"


def shorten(log: Log) -> None:
    del log.records[TOUCHES][-1:]


def make_empty(log: Log) -> None:
    log.records = {place: [] for place in CHANGELOGS.values()}


async def test_the_same_changelogs_are_whole(log: Log) -> None:
    live = await counting(log)

    assert not await live.restorer.find_gone()
    await live.start(COMMITTED)
    assert await case(log).start(COMMITTED) == COMMITTED
    assert live.restorer.is_complete


@pytest.mark.parametrize(
    ("exchange", "why"), [(make_anew, "made anew"), (shorten, "its log was shortened")]
)
async def test_a_changelog_exchanged_under_a_worker_stops_it_and_whoever_comes_next(
    log: Log, exchange, why: str
) -> None:
    live = await counting(log)
    exchange(log)

    assert [*await live.restorer.find_gone()] == [("touches", 0)]
    with pytest.raises(IncompleteError, match=f"desk2-touches-changelog/0 .*{why}"):
        await live.start(COMMITTED)
    await live.restorer.write_losses(live.write)  # as the worker does before it ends

    for _ in range(2):
        again = case(log)
        with pytest.raises(IncompleteError, match=r"desk2-touches-changelog/0 was shortened, or"):
            await again.start(COMMITTED)
        await again.restorer.write_losses(again.write)
    accepting = case(log, accept=True)
    assert await accepting.start(COMMITTED) == {CALLS: 0, LEADS: 7}, "what is there counts again"
    assert not accepting.restorer.is_complete
    later = case(log)
    assert await later.start(COMMITTED) == COMMITTED
    assert not later.restorer.is_complete


@pytest.mark.parametrize("exchange", [make_anew, shorten])
async def test_where_that_is_accepted_nothing_is_taken_for_written_that_is_not(
    log: Log, exchange
) -> None:
    live = await counting(log, accept=True)
    exchange(log)

    assert await live.restorer.find_gone()
    assert await live.start(COMMITTED) == {CALLS: 0, LEADS: 7}
    assert not live.restorer.is_complete
    assert not await live.restorer.find_gone()
    assert await case(log).start(COMMITTED) == COMMITTED


async def test_a_changelog_made_anew_while_no_worker_ran_is_known_by_the_others(log: Log) -> None:
    await counting(log)
    make_anew(log)

    with pytest.raises(IncompleteError, match="touches-changelog/0 was made anew: it knows noth"):
        await case(log).start(COMMITTED)
    assert await case(log).start({LEADS: 7}) == {CALLS: 0, LEADS: 7}, "nothing was counted into it"


async def test_changelogs_that_were_all_made_anew_are_known_by_what_was_committed(
    log: Log,
) -> None:
    await counting(log)
    make_empty(log)

    again = case(log)
    with pytest.raises(IncompleteError, match="desk2-touches-changelog/0 is empty, and rec"):
        await again.start(COMMITTED)
    await again.restorer.write_losses(again.write)
    with pytest.raises(IncompleteError):
        await case(log).start(COMMITTED)
    accepting = case(log, accept=True)
    assert (await accepting.start(COMMITTED))["sales.calls", 0] == 0, "what is there counts again"
    assert not accepting.restorer.is_complete
    later = case(log)
    assert await later.start(COMMITTED) == COMMITTED
    assert not later.restorer.is_complete


async def test_a_changelog_of_leads_that_are_partitioned_otherwise_is_known_without_the_others(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = Settings(app_id="desk2", partitions=1, lead_partitions=2)
    monkeypatch.setattr(memorylog, "SETTINGS", apart)
    await counting(log)
    log.records[CHANGELOGS["leads"]] = []

    with pytest.raises(IncompleteError, match="desk2-leads-changelog/0 is empty, and records"):
        await case(log).start(COMMITTED)


async def test_a_first_start_on_empty_changelogs_is_whole(log: Log) -> None:
    make_empty(log)

    first = case(log)

    assert await first.start({CALLS: 0}) == {CALLS: 0, LEADS: 0}
    assert first.restorer.is_complete


async def test_where_brokers_know_no_ids_an_empty_changelog_is_believed(log: Log) -> None:
    make_empty(log)
    log.ids = {}

    first = case(log)

    assert await first.start(COMMITTED) == COMMITTED
    assert first.restorer.is_complete


async def test_an_unaligned_input_says_of_no_changelog_that_it_was_counted_into(log: Log) -> None:
    make_empty(log)
    log.counts = {CALLS.topic: 2}

    first = case(log)

    assert await first.start({CALLS: 9}) == {CALLS: 9, LEADS: 0}
    assert first.restorer.is_complete


async def test_a_changelog_that_was_restored_from_a_copy_is_believed(log: Log) -> None:
    await counting(log)
    log.ids[TOUCHES.topic] = b"another one"

    again = case(log)

    assert await again.start(COMMITTED) == COMMITTED
    assert again.restorer.is_complete


async def test_changelogs_of_a_version_that_noted_no_ids_are_believed(log: Log) -> None:
    log.ids = {}
    await counting(log)
    log.ids = dict(IDS)

    again = case(log)

    assert await again.start(COMMITTED) == COMMITTED
    assert again.restorer.is_complete


async def test_a_changelog_that_was_deleted_stops_it(log: Log) -> None:
    live = await counting(log)
    log.ids[TOUCHES.topic] = None

    with pytest.raises(IncompleteError, match="touches-changelog/0 is gone: the topic was deleted"):
        await live.restorer.find_gone()
