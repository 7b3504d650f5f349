"""`floorpulse link`: what it prints opens what it says, until it ends."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboards.door.passes import Identity
from floorpulse.access import links
from floorpulse.access.looks import this_user
from floorpulse.cli import main
from streams.kafka.connection import KafkaUnusableError
from streams.settings import Settings
from tests.door import PEOPLE, SEALS, SECRET


@pytest.fixture(name="recorded")
def _recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Identity, str]]:
    """For whom links were recorded, and who made them; Kafka is not asked."""
    recorded = []

    async def record(_: Settings, whom: Identity, maker: str) -> None:
        if maker == "nobody":
            raise KafkaUnusableError("Kafka at there:9092 cannot be reached")
        recorded.append((whom, maker))

    monkeypatch.setattr(links, "record_link", record)
    return recorded


@pytest.fixture(name="run")
def _run(tmp_path: Path, recorded: list[tuple[Identity, str]]):
    (tmp_path / "roster.yaml").write_text(PEOPLE)
    (tmp_path / "key").write_text(f"{SECRET}\n")
    env = {
        "FLOORPULSE_APP_ID": "t",
        "FLOORPULSE_CLOCK": "2020-01-01T00:00:00Z",  # links have the machine's
        "FLOORPULSE_ROSTER": str(tmp_path / "roster.yaml"),
        "FLOORPULSE_SECRET_FILE": str(tmp_path / "key"),
    }

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["link", *words], env=env)

    return run


@pytest.mark.parametrize(
    ("words", "who", "days"),
    [
        (["rep", "ana", "--days", "7"], Identity("rep", "ana"), 7),
        (["rep", "ana"], Identity("rep", "ana"), 30),
        (["wall", "--floor", "north"], Identity("wall", "north"), 365),
        (["wall"], Identity("wall", ""), 365),
        (["person", "LEA@example.org"], Identity("person", "lea@example.org"), 30),
    ],
)
def test_a_link_says_who_and_until_when(run, words: list[str], who: Identity, days: int) -> None:
    before = int(time.time())
    done = run(*words)

    address, _, token = done.stdout.strip().partition("#")
    shown = SEALS.read_link(token, time.time())
    assert (address, shown.who) == ("http://127.0.0.1:8080/enter", who)
    assert before <= shown.issued <= time.time()
    assert shown.until - shown.issued == days * 86_400


def test_a_link_of_a_person_is_on_record_before_it_is_printed(run, recorded) -> None:
    assert "enter#" in run("rep", "ana", "--by", "Root").stdout
    assert "enter#" in run("person", "LEA@example.org").stdout
    assert "enter#" in run("wall").stdout
    lea = (Identity("person", "lea@example.org"), this_user())
    assert recorded == [(Identity("rep", "ana"), "Root"), lea]


@pytest.mark.parametrize("words", [["rep", "ana"], ["person", "lea@example.org"]])
def test_a_link_that_cannot_be_recorded_is_not_printed(run, words: list[str]) -> None:
    done = run(*words, "--by", "nobody")
    assert done.exit_code == 1
    assert done.stderr == "Error: Kafka at there:9092 cannot be reached\n"
    assert "enter#" not in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rep", "anna"], "'anna' is not a rep of the roster; did you mean 'ana'?"),
        (["rep", "lea@example.org"], "'lea@example.org' is not a rep of the roster"),
        (["person", "ana@example.org"], "'ana@example.org' is not a person of the roster"),
        (["wall", "--floor", "nord"], "'nord' is not a floor of the roster; did you mean 'north'?"),
        (["rep", "ana", "--days", "0"], "0 is not in the range 1<=x<=400"),
    ],
)
def test_a_link_for_nobody_is_refused(run, words: list[str], message: str) -> None:
    done = run(*words)

    assert done.exit_code > 0
    assert message in done.stderr
    assert "enter#" not in done.output


def test_a_qr_code_stands_below_it_where_asked_for(run) -> None:
    address, *code = run("rep", "ana", "--qr").stdout.splitlines()

    assert "/enter#" in address
    assert len(code) > 20
    assert len({len(line) for line in code if line}) == 1


@pytest.mark.parametrize(
    ("written", "is_said"),
    [
        ("name: Ana", False),
        ("to: 2026-01-01", True),
        ("from: 2100-01-01", True),
        ("links_from: '2100-01-01T00:00:00Z'", True),
    ],
)
def test_a_link_that_does_not_open_now_is_printed_with_a_word(
    run, tmp_path: Path, written: str, is_said: bool
) -> None:
    (tmp_path / "roster.yaml").write_text(PEOPLE.replace("name: Ana", written))

    done = run("rep", "ana")

    assert "/enter#" in done.stdout
    assert ("does not open now" in done.stderr) == is_said
