"""What is behind a number, read for the wall: one at a time, each answer kept for a minute."""

import asyncio
import logging
import time
from collections.abc import Callable

from dashboards.wall.explanation import Asked, AwayError, BusyError, NoAnswerError
from floorpulse.access.roster_file import RosterFile
from floorpulse.changelogs import read_rows_of_reps
from floorpulse.errors import EXPECTED, OF_THE_WORLD
from floorpulse.text.answer import answer_document, what_is_gone
from streams.audit.evidence import Evidence
from streams.audit.explain import explain
from streams.audit.question import Question, QuestionError
from streams.kafka.topics import partitioner
from streams.ledgers.forgotten import Forgotten
from streams.roster.people import Roster
from streams.settings import Settings

log = logging.getLogger(__name__)

KEPT = 60.0  # seconds
MOST_BYTES = 32_000_000  # of the answers that are kept
WAITS = 10.0  # seconds for those who asked before
READ_WITHIN = 20.0  # seconds


class Explaining:
    """Answers by the changelogs and the roster; *now* is a clock in seconds that never goes back.

    Who may ask is for the caller to see, at every request.
    """

    def __init__(
        self,
        settings: Settings,
        roster: RosterFile,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._now = now
        self._roster = roster
        self._turn = asyncio.Lock()
        self._kept: dict[Asked, tuple[float, bytes]] = {}

    async def __call__(self, asked: Asked) -> bytes:
        """The answer as JSON; raises NoAnswerError, BusyError or AwayError."""
        question = _question(asked)
        if (kept := self._answer_kept(asked)) is not None:
            return kept
        try:
            async with asyncio.timeout(WAITS):
                await self._turn.acquire()
        except TimeoutError:
            raise BusyError from None
        try:
            if (kept := self._answer_kept(asked)) is not None:  # by who asked before
                return kept
            document = await self._read(question)
            self._keep(asked, document)
            return document
        finally:
            self._turn.release()

    def _answer_kept(self, asked: Asked) -> bytes | None:
        at, document = self._kept.get(asked, (0.0, b""))
        return document if document and self._now() - at < KEPT else None

    def _keep(self, asked: Asked, document: bytes) -> None:
        """Keep an answer, and the newest of the others as far as there is room."""
        now = self._now()
        self._kept.pop(asked, None)
        room = MOST_BYTES - len(document)
        kept = {}
        for other, (at, text) in reversed(self._kept.items()):
            room -= len(text)
            if room < 0 or now - at >= KEPT:
                break
            kept[other] = (at, text)
        self._kept = {**dict(reversed(kept.items())), asked: (now, document)}

    async def _read(self, question: Question) -> bytes:
        roster = await self._roster.now()
        if roster is None:
            raise AwayError
        reading = _Reading(self._settings, roster, question)
        try:
            return await reading.answer()
        except QuestionError as error:
            raise NoAnswerError(str(error)) from None
        except (*EXPECTED, *OF_THE_WORLD) as error:
            log.error("what is behind a number cannot be read: %s", _words(error))
            raise AwayError from None


class _Reading:
    """Reads the rows of a rep in a thread with a loop of its own, since that takes the processor.

    Cancelled, it ends at once.
    """

    def __init__(self, settings: Settings, roster: Roster, question: Question) -> None:
        self._settings = settings
        self._roster = roster
        self._question = question
        self._notes: list[str] = []
        self._cancel: Callable[[], object] = lambda: None
        self._is_cancelled = False

    async def answer(self) -> bytes:
        """The document; raises what `explain` and the changelogs raise, and TimeoutError."""
        try:
            return await asyncio.to_thread(asyncio.run, self._answer())
        except asyncio.CancelledError:
            self._is_cancelled = True
            self._cancel()
            raise

    async def _answer(self) -> bytes:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        if self._is_cancelled:
            raise asyncio.CancelledError
        settings, question = self._settings, self._question
        now = settings.clock()
        evidence = Evidence(question.rep_id, self._roster, now, Forgotten(settings.app_id))
        partition = partitioner(settings.partitions)(question.rep_id)
        async with asyncio.timeout(READ_WITHIN):
            await read_rows_of_reps(settings, [partition], evidence, self._notes.append)
        answer = explain(question, evidence, now)
        return answer_document(answer, [*self._notes, *what_is_gone(answer, now)])


def _question(asked: Asked) -> Question:
    try:
        return Question.ask(asked.rep, asked.measure, asked.window, asked.channel, None)
    except QuestionError as error:
        raise NoAnswerError(str(error)) from None


def _words(error: BaseException) -> str:
    """What a log may say of an error: nothing of what was asked, in which a rep is named."""
    is_of_kafka = type(error).__module__.startswith(("aiokafka.", "streams.kafka."))
    return str(error) if is_of_kafka and str(error) else type(error).__name__
