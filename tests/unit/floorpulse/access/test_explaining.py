"""What is behind a number is read for one at a time, and kept for a minute."""

import asyncio
import json
from pathlib import Path

import pytest

from dashboards.wall.explanation import Asked, AwayError, BusyError, NoAnswerError, read
from floorpulse.access import explaining
from floorpulse.access.explaining import KEPT, Explaining
from floorpulse.access.roster_file import RosterFile
from floorpulse.text.answer import answer_document, answer_lines
from metrics.kpis import MEASURES
from streams.audit.question import QuestionError
from streams.kafka.connection import KafkaUnusableError
from streams.settings import Settings
from tests.build import NORTH, call, email, status
from tests.explaining import asked as answered

ANA = Asked("ana", "effective_touches", "today", None)
BOB = ANA._replace(rep="bob")
EVENTS = [
    call(id="c1", contact_id="k1"),
    call(id="c2", talk_seconds=41),
    call(id="c0", at="2026-10-30T10:00:00+01:00"),
    email(id="e1", automated=True),
    status("created", "2026-11-23T08:30:00+01:00", contact_id="k1", id="s1"),
    status("delivered", "2026-11-23T09:00:00+01:00", id="d1"),
    status("accepted", "2026-11-23T11:00:00+01:00", rep="am", id="a1"),
    status("delivered", "2026-11-23T12:00:00+01:00", rep="bob", lead="l2", id="d2"),
    status("delivered", "2026-11-23T12:10:00+01:00", rep="ana", lead="l2", id="d3"),
]


class Readings:
    """Takes the place of reading: counts, and waits until it may answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.begun = asyncio.Event()
        self.error: Exception | None = None
        readings = self

        async def answer(self: explaining._Reading) -> bytes:
            readings.asked.append(self._question.rep_id)
            readings.at_once += 1
            readings.most_at_once = max(readings.most_at_once, readings.at_once)
            readings.begun.set()
            await readings.may_answer.wait()
            readings.at_once -= 1
            if readings.error is not None:
                raise readings.error
            return f"of {self._question.rep_id}, reading {len(readings.asked)}".encode()

        monkeypatch.setattr(explaining._Reading, "answer", answer)


@pytest.fixture(name="readings")
def _readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    return Readings(monkeypatch)


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    (tmp_path / "roster.yaml").write_text(NORTH)
    return Settings(roster=tmp_path / "roster.yaml")


async def test_an_answer_is_kept_for_a_minute_and_for_its_question_alone(
    settings: Settings, readings: Readings
) -> None:
    now = [0.0]
    explain = Explaining(settings, RosterFile(settings.roster), lambda: now[0])
    assert await explain(ANA) == b"of ana, reading 1"
    now[0] = KEPT - 0.1
    assert await explain(ANA) == b"of ana, reading 1"
    others = (
        BOB,
        ANA._replace(measure="touches"),
        ANA._replace(window="1h"),
        ANA._replace(channel="call"),
    )
    for number, other in enumerate(others, 2):
        assert (await explain(other)).endswith(f"reading {number}".encode())
    now[0] = KEPT
    assert await explain(ANA) == b"of ana, reading 6"


async def test_one_is_answered_at_a_time_and_the_same_question_once(
    settings: Settings, readings: Readings
) -> None:
    explain = Explaining(settings, RosterFile(settings.roster))
    readings.may_answer.clear()
    tasks = [asyncio.create_task(explain(who)) for who in (ANA, BOB) * 10]
    await readings.begun.wait()
    assert readings.asked == ["ana"]
    readings.may_answer.set()
    answers = await asyncio.gather(*tasks)
    assert readings.asked == ["ana", "bob"]
    assert readings.most_at_once == 1
    assert set(answers) == {b"of ana, reading 1", b"of bob, reading 2"}


async def test_who_waits_too_long_is_let_go(
    settings: Settings, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "WAITS", 0.0)
    explain = Explaining(settings, RosterFile(settings.roster))
    readings.may_answer.clear()
    first = asyncio.create_task(explain(ANA))
    await readings.begun.wait()
    with pytest.raises(BusyError):
        await explain(BOB)
    readings.may_answer.set()
    assert await first == b"of ana, reading 1"


async def test_no_more_is_kept_than_there_is_room_for(
    settings: Settings, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "MOST_BYTES", 40)  # two of them
    explain = Explaining(settings, RosterFile(settings.roster), lambda: 0.0)
    cem = ANA._replace(rep="cem")
    for who in (ANA, BOB, cem, BOB, cem):
        await explain(who)
    assert readings.asked == ["ana", "bob", "cem"]
    await explain(ANA)
    assert readings.asked == ["ana", "bob", "cem", "ana"]


@pytest.mark.parametrize(
    ("error", "raised", "logged"),
    [
        (KafkaUnusableError("Kafka at x cannot be reached"), AwayError, "x cannot be reached"),
        (TimeoutError(), AwayError, "TimeoutError"),
        (QuestionError("rep 'ana' is not on the roster"), NoAnswerError, ""),
    ],
)
async def test_what_cannot_be_read_is_not_kept_and_nobody_is_named_in_logs(
    settings: Settings,
    readings: Readings,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    raised: type[Exception],
    logged: str,
) -> None:
    explain = Explaining(settings, RosterFile(settings.roster))
    readings.error = error
    with pytest.raises(raised):
        await explain(ANA)
    assert logged in caplog.text
    assert "ana" not in caplog.text
    readings.error = None
    assert await explain(ANA) == b"of ana, reading 2"


async def test_without_a_roster_nothing_is_explained(
    settings: Settings, readings: Readings
) -> None:
    settings.roster.write_text("reps: [")
    with pytest.raises(AwayError):
        await Explaining(settings, RosterFile(settings.roster))(ANA)
    assert readings.asked == []


@pytest.mark.parametrize(
    "asked",
    [
        ANA._replace(measure="x"),
        ANA._replace(window="x"),
        ANA._replace(channel="x"),
        ANA._replace(measure="{}", window="../.."),
    ],
)
async def test_a_number_that_there_is_not_is_not_read(
    settings: Settings, readings: Readings, asked: Asked
) -> None:
    with pytest.raises(NoAnswerError):
        await Explaining(settings, RosterFile(settings.roster))(asked)
    assert readings.asked == []


@pytest.mark.parametrize("measure", [measure.name for measure in MEASURES])
def test_the_wall_is_given_what_the_command_prints_but_no_other_rep(measure: str) -> None:
    window = next(one.windows[-1] for one in MEASURES if one.name == measure)
    answer = answered(EVENTS, measure, window)
    document = answer_document(answer, ["a note"])
    shown, plain = read(document), json.loads(document)
    printed = [json.loads(line) for line in answer_lines(answer)]

    assert shown.value == printed[0]["value"] == answer.number
    assert {name: plain[name] for name in ("rep", "start", "end", "help")} == {
        name: printed[0][name] for name in ("rep", "start", "end", "help")
    }
    kinds = [line["kind"] for line in printed[1:]]
    for kind in ("counted", "scheduled", "left_out"):
        assert len(plain[kind]) == kinds.count(kind)
    ids = [line["event"]["id"] for line in printed[1:] if line["kind"] == "left_out"]
    assert [left.event["id"] for left in shown.left_out] == ids
    assert all(left.why for left in shown.left_out)
    assert shown.notes == ["a note"]
    assert b"bob" not in document
    assert b'"am"' not in document


def test_a_colleague_who_has_the_credit_is_not_named() -> None:
    events = [
        status("delivered", "2026-11-23T09:10:00+01:00", rep="bob", lead="l2", id="s3"),
        status("accepted", "2026-11-23T12:10:00+01:00", rep="ana", lead="l2", id="w3"),
    ]
    answer = answered(events, "appointments_accepted")
    assert any(b"bob" in line for line in answer_lines(answer))
    document = answer_document(answer, [])
    others = [left for left in read(document).left_out if left.reason == "other_rep"]
    assert {(other.why, other.detail) for other in others} == {("credited to another rep", "")}
    assert b"bob" not in document
