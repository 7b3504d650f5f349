"""What is derived from the code is committed as it is derived, and leaves nothing out."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from click.testing import CliRunner

from dashboards.formulas import promql
from dashboards.markdown import table
from floorpulse.commands import generate
from floorpulse.commands.generate import FILES, PAGES
from floorpulse.pages import kpis as kpi_parts
from floorpulse.pages.metrics import exported_families, own_series
from metrics.exporter import Exposition, Renderer, series_of
from metrics.kpis import APPOINTMENTS_ACCEPTED, KPI, KPIS, LEADS_WON, MEASURES, Kpi
from metrics.names import NUMBER_LABELS, SERIES, FamilyName, metric
from metrics.rows import RepRow
from metrics.windows import WINDOWS
from streams.events.contract import REJECTION_REASONS, LeadChange, Touch
from streams.intake import EVENT_OUTCOMES
from streams.settings import rows
from tests.build import EXAMPLES

EXAMPLE_FILES = sorted(EXAMPLES.glob("*/*.json"))
ONCE = (
    f"max by ({NUMBER_LABELS})"  # of the workers that export a rep, and the jobs that scrape them
)


def committed(path: str) -> str:
    return (generate.ROOT / path).read_text()


@pytest.mark.parametrize("path", FILES)
def test_the_committed_file_is_what_the_code_says(path: str) -> None:
    assert committed(path) == FILES[path]()


@pytest.mark.parametrize("path", [path for path in FILES if not path.endswith(".json")])
def test_it_says_by_which_command_it_is_generated(path: str) -> None:
    assert "`floorpulse generate`" in committed(path).splitlines()[0]


def test_the_check_names_the_files_that_differ_and_writes_nothing(tmp_path, monkeypatch) -> None:
    (tmp_path / "docs").mkdir()
    for page in PAGES:
        (tmp_path / page).write_text(committed(page))
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    assert CliRunner().invoke(generate.generate).exit_code == 0
    kpis = tmp_path / "docs" / "kpis.md"
    changed = kpis.read_text().replace("at most 5 %", "at most 6 %")
    kpis.write_text(changed)
    (tmp_path / "docs" / "runbooks" / "README.md").unlink()

    checked = CliRunner().invoke(generate.generate, ["--check"])

    assert checked.exit_code == 1
    named = [line.split()[0] for line in checked.output.splitlines()]
    assert sorted(named) == ["docs/kpis.md", "docs/runbooks/README.md"]
    assert kpis.read_text() == changed
    assert not (tmp_path / "docs" / "runbooks" / "README.md").exists()
    assert CliRunner().invoke(generate.generate).output.count("wrote") == 2
    assert kpis.read_text() == committed("docs/kpis.md")
    assert CliRunner().invoke(generate.generate, ["--check"]).exit_code == 0


def test_what_is_written_by_hand_beside_the_generated_parts_stays(tmp_path, monkeypatch) -> None:
    (tmp_path / "docs").mkdir()
    own = "Our own settings are in the vault.\n\n" + committed("docs/settings.md")
    (tmp_path / "docs" / "settings.md").write_text(own)
    monkeypatch.setattr(generate, "ROOT", tmp_path)

    assert FILES["docs/settings.md"]() == own


def test_outside_of_a_checkout_nothing_is_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)

    assert CliRunner().invoke(generate.generate).exit_code == 1
    assert not list(tmp_path.iterdir())


# -- settings


def test_every_setting_is_on_the_page() -> None:
    page = committed("docs/settings.md")

    assert len(list(rows())) > 20
    for variable, _, _, help in rows():
        assert f"`{variable.split()[0]}`" in page
        assert help in page


def test_a_form_with_bars_stays_in_its_cell() -> None:
    assert table(["Form", "Help"], [["ONE | TWO", "Which."]]).splitlines()[-1] == (
        r"| ONE \| TWO | Which. |"
    )


# -- KPIs


def test_every_kpi_measure_and_window_is_on_the_page() -> None:
    page = committed("docs/kpis.md")

    for kpi in KPIS:
        assert f"### {kpi.title}\n\n`{kpi.name}`: {kpi.help}" in page
        assert promql(kpi, ("floor", "team")) in page
        assert promql(kpi, ("floor",)) in page
    for measure in MEASURES:
        assert f"| `{measure.name}` | {measure.help} |" in page
        assert f"`floorpulse_{measure.name}`" in page
    assert all(f"| `{window.name}` | {window.title} |" in page for window in WINDOWS)


def test_another_kpi_makes_the_page_longer_by_a_row_and_a_section() -> None:
    extra = Kpi(
        name="won_per_accepted",
        title="Won per accepted",
        help="Deals per accepted appointment.",
        why="Whether what is accepted is worth it.",
        of=LEADS_WON,
        per=(APPOINTMENTS_ACCEPTED,),
        target=0.37,
        direction="at_most",
        window="4h",
    )

    row = kpi_parts.overview([*KPIS, extra]).splitlines()[-1]
    grown = kpi_parts.sections([*KPIS, extra]).splitlines()

    assert row.startswith("| [Won per accepted](#won-per-accepted) |")
    before = kpi_parts.sections().splitlines()
    added = [line for line in grown if line not in before]
    assert added[:2] == ["### Won per accepted", f"`{extra.name}`: {extra.help}"]
    assert "- Formula: `leads_won / appointments_accepted`" in added
    assert "- Target: at most 37 %" in added
    per = '  sum by (floor) (ONCE (floorpulse_appointments_accepted{window="4h"}))'
    assert per.replace("ONCE", ONCE) in added


def test_a_ratio_is_divided_last_by_a_guarded_sum() -> None:
    assert promql(KPI["inbound_share"], ("floor",)) == (
        'sum by (floor) (ONCE (floorpulse_leads_inbound{window="5d"}))\n'
        "/ (\n"
        '  sum by (floor) (ONCE (floorpulse_leads_inbound{window="5d"}))\n'
        '  + sum by (floor) (ONCE (floorpulse_leads_outbound{window="5d"}))\n'
        "  > 0\n"
        ")"
    ).replace("ONCE", ONCE)


def test_a_count_is_not_divided() -> None:
    assert promql(KPI["touchpoints"], ("floor", "team")) == (
        "sum by (floor, team) (max by (floor, team, rep, partition, window, channel) "
        '(floorpulse_effective_touches{window="today"}))'
    ).replace("ONCE", ONCE)


# -- metrics


def test_every_exported_family_is_on_the_page_with_its_help() -> None:
    page = committed("docs/metrics.md")
    row = RepRow("north", "hunters", "ana", [0] * len(SERIES))

    body, _ = Renderer().render(Exposition(exported_families(), [row]), "text/plain")

    helps = [
        line.split(" ", 3)[2:] for line in body.decode().splitlines() if line.startswith("# HELP")
    ]
    assert len(helps) > len(MEASURES) + 30
    for series, help in helps:
        line = next(line for line in page.splitlines() if line.startswith(f"| `{series}` |"))
        assert help in line


def test_a_worker_exports_every_family_that_has_a_name() -> None:
    exported = [series_of(family) for family in exported_families()]

    assert sorted(exported) == sorted(map(metric, get_args(FamilyName)))


def test_the_ledger_equation_on_the_page_has_every_outcome() -> None:
    equation = re.search(r"`received = ([^`]+)`", committed("docs/metrics.md"))

    assert sorted(equation[1].replace("+", " ").split()) == sorted(EVENT_OUTCOMES)


def test_a_counter_has_its_suffix_and_its_labels() -> None:
    series = own_series()

    assert (
        "| `floorpulse_events_rejected_total` | counter | `topic`, `reason`, `worker` |" in series
    )
    assert "| `floorpulse_floor_open` | gauge | `floor` |" in series


# -- events


@pytest.mark.parametrize("path", EXAMPLE_FILES, ids=lambda path: path.name)
def test_every_example_is_on_the_page(path: Path) -> None:
    text = path.read_text().strip()

    assert f"\n{text[:160]}" in committed("docs/events.md")
    assert len(text) > 400 or f"\n{text}\n```" in committed("docs/events.md")


def test_every_reason_and_outcome_is_on_the_page() -> None:
    page = committed("docs/events.md")

    assert [line[4:] for line in page.splitlines() if line.startswith("### ")] == list(
        REJECTION_REASONS
    )
    assert all(f"| {outcome} |" in page for outcome in EVENT_OUTCOMES)


def test_every_field_of_the_contract_is_on_the_page() -> None:
    page = committed("docs/events.md")
    kept = {f.name for struct in (Touch, LeadChange) for f in msgspec.structs.fields(struct)}

    for field in {*kept - {"key"}, "id", "lead_id"}:
        assert f"| `{field}` |" in page


def test_the_words_of_a_field_are_those_of_its_own_topic() -> None:
    rows = [row for row in committed("docs/events.md").splitlines() if row[:12] == "| `outcome` "]

    _, calls, emails, inmails, *_ = (row.partition(" | ")[2] for row in rows)
    assert (
        calls == "`human`, `voicemail`, `no_answer`, `busy`, `wrong_number`, `failed`, `unknown` |"
    )
    assert emails == "`sent`, `bounced`, `replied`, `auto_replied`, `unknown` |"
    assert inmails == "`sent`, `accepted`, `declined`, `replied`, `unknown` |"
