"""What the documents ask people to type works, and what they name exists."""

import re
import shlex
from pathlib import Path

import faust
import pytest
from click.testing import CliRunner, Result

from dashboards.alerting.rules import recorded_names
from dashboards.formulas import formula
from floorpulse.cli import COMMANDS, main
from metrics.kpis import KPIS, MEASURES
from metrics.names import metric
from streams.settings import Settings, rows
from streams.worker.faust_app import create_app
from tests.build import TESTS

ROOT = TESTS.parent
README = ROOT / "README.md"
REAL_MONTH = ROOT / "docs" / "real-month.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NEED_NO_SERVER = ("roster draft", "roster check", "recount", "explain 10861")


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.M | re.S)


def commands(document: Path) -> list[str]:
    """The lines of the shell blocks, continued ones joined."""
    joined = "\n".join(blocks(document, "sh")).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip()]


def floorpulse_calls(document: Path) -> list[str]:
    """Every call of the command, in a block or in the text."""
    text = document.read_text().replace("\\\n", " ")
    return re.findall(r"(?:^|`)(?:FLOORPULSE_\w+=\S+ )*floorpulse ([a-z][^`\n]*)", text, re.M)


def run(line: str) -> Result:
    """Run a line that calls the command, and keep its output where it says so."""
    call, _, file = line.removeprefix("floorpulse ").partition(" > ")
    done = CliRunner().invoke(main, shlex.split(call))
    if file:
        Path(file.strip()).write_text(done.stdout)
    return done


@pytest.fixture(name="directory")
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that has what a reader has, and takes what the commands write."""
    (tmp_path / "tests").symlink_to(TESTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_readme_and_real_month_that_need_no_server_work(directory: Path) -> None:
    (directory / "roster.yaml").write_text(blocks(README, "yaml")[0])
    typed = commands(README) + commands(REAL_MONTH)
    lines = [line for line in typed if line.startswith("floorpulse ")]
    calls = [line for line in lines if line.split(" ", 1)[1].startswith(NEED_NO_SERVER)]
    assert len(calls) == 5

    printed = {call: run(call) for call in calls}

    for call, done in printed.items():
        assert done.exit_code == 0, f"{call}\n{done.output}"
    recount = next(done for call, done in printed.items() if " recount " in call)
    assert recount.stdout in blocks(REAL_MONTH, "text")
    assert re.search(r"^(\d+) events rejected", recount.stderr, re.M)[1] in REAL_MONTH.read_text()
    explain = next(done for call, done in printed.items() if " explain " in call)
    assert explain.stdout.startswith("3  appointments_rejected of 10861, last 5 open days\n")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_that_is_named_exists(document: Path) -> None:
    for call in floorpulse_calls(document):
        words = [word for word in call.split() if not word.startswith(("|", ">"))]
        group = getattr(main.get_command(None, words[0]), "commands", {})  # type: ignore[arg-type]
        named = words[:2] if len(words) > 1 and words[1] in group else words[:1]
        helped = CliRunner().invoke(main, [*named, "--help"])
        assert helped.exit_code == 0, call
        if named == ["demo"]:  # hands its options on
            helped = CliRunner().invoke(main, ["simulate", "--help"])
        for option in re.findall(r"--[a-z-]+", call):
            assert option in helped.output or option == "--help", call


def test_every_command_has_help() -> None:
    for name in COMMANDS:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


@pytest.mark.parametrize("group", ["", "roster", "topics", "dead-letters", "alerting"])
def test_a_list_of_commands_cuts_no_sentence_off(group: str) -> None:
    listed = CliRunner().invoke(main, [*group.split(), "--help"], terminal_width=80)

    sentences = listed.output.partition("\nCommands:\n")[2]
    assert sentences
    assert "..." not in sentences


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(document: Path) -> None:
    known = {variable.split()[0]: variable for variable, *_ in rows()}
    known |= {f"{name}_FILE": name for name, row in known.items() if "_FILE" in row}

    named = set(re.findall(r"FLOORPULSE_[A-Z][A-Z_]*[A-Z]", document.read_text()))

    assert named <= set(known)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(document: Path) -> None:
    text = document.read_text()
    for path in re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|gz|toml|xml|json|png))`", text):
        assert (ROOT / path).is_file(), path
    for path in re.findall(r"`((?:[\w.-]+/)+)`", text):
        assert (ROOT / path).is_dir(), path
    for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (document.parent / path).is_file(), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))

    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.M))

    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_series_that_is_named_is_exported_or_recorded(document: Path) -> None:
    metrics_page = (ROOT / "docs" / "metrics.md").read_text()
    exported = set(re.findall(r"^\| `(floorpulse_\w+)`", metrics_page, re.M))
    assert {metric(measure.name) for measure in MEASURES} <= exported
    recorded = {name.split(":")[1] for name in recorded_names()}

    named = set(re.findall(r"floorpulse_[a-z][a-z_]*[a-z]", document.read_text()))

    assert named <= exported | recorded


def test_the_readme_stays_short() -> None:
    assert len(README.read_text().splitlines()) <= 150


def test_the_readme_has_every_kpi_with_its_formula() -> None:
    text = README.read_text()

    for kpi in KPIS:
        row = rf"^\| {re.escape(kpi.title)} \|.*\| `{re.escape(formula(kpi))}` \|"
        assert re.search(row, text, re.M), f"no row of {kpi.title} in the table of README.md"
    assert text.count("\n| ") == len(KPIS) + 2


# -- docs/architecture.md and docs/faust.md


def test_the_architecture_stays_short() -> None:
    assert len((ROOT / "docs" / "architecture.md").read_text().split()) <= 2_000


def test_the_architecture_names_every_module_of_streams() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.partition("in reading order\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?:\*\*(\w+)\*\*)? ?\| .* \| (.*) \|$", table, re.M)

    named = {(room, module) for room, cell in rows for module in re.findall(r"`(\w+)`", cell)}

    streams = ROOT / "streams"
    found = {path.relative_to(streams) for path in streams.rglob("[a-z]*.py")}
    assert named == {(path.parent.name, path.stem) for path in found}


def test_the_page_of_faust_gives_the_reason_for_every_setting_of_faust() -> None:
    ours = create_app(Settings()).conf
    stock = faust.App("stock", broker="kafka://127.0.0.1:9092").conf
    chosen = re.findall(
        r"^        (\w+)=", (ROOT / "streams" / "worker" / "faust_app.py").read_text(), re.M
    )
    differ = {n for n in chosen if getattr(ours, n, None) != getattr(stock, n, None)}
    text = (ROOT / "docs" / "faust.md").read_text()

    explained = set(re.findall(r"^\| `(\w+)` \|", text, re.M))

    assert differ - {"broker"} <= explained
    assert explained <= set(chosen)


def test_its_defaults_of_faust_are_right(tmp_path: Path) -> None:
    stock = faust.App("stock", broker="kafka://127.0.0.1:9092").conf
    text = (ROOT / "docs" / "faust.md").read_text()

    for name, default in re.findall(r"^\| `(\w+)` \|[^|]*\((\d+(?:\.\d+)?)\b[^|)]*\)", text, re.M):
        unit = 1024 if name == "producer_max_batch_size" else 1
        assert getattr(stock, name) == float(default) * unit, name
