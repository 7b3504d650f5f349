"""The roster as people write it: read as meant, or refused with line and mend."""

from datetime import date

import pytest

from streams.clock import MINUTE, parse_instant
from streams.roster.calendar import Span
from streams.roster.file import RosterError, parse_roster
from tests.build import NORTH, roster
from tests.rostermistakes import mistakes

MONDAY = date(2026, 11, 23).toordinal()


def test_the_example_of_the_contract_is_read() -> None:
    read = roster()
    bob, north = read.reps["bob"], read.floors["north"]

    assert read.reps["ana"].name == "Ana"
    assert bob.membership_at(parse_instant("2026-11-23T12:59:00+01:00") // MINUTE).team == "hunters"
    assert bob.membership_at(parse_instant("2026-11-23T13:00:00+01:00") // MINUTE).team == "farmers"
    assert bob.membership_at(parse_instant("2020-01-01T00:00:00Z") // MINUTE).team == "hunters"
    assert bob.own_hours.on(MONDAY) == (Span(22 * 60, 30 * 60),)
    assert bob.is_absent(date(2026, 11, 11).toordinal())
    assert north.kpi_target("disqualification") == 0.07
    assert north.kpi_target("inbound_share") == 0.60
    assert north.kpi_target("lead_to_won") is None
    assert north.decide_within_days == 3


def test_nobody_is_ranked_until_the_roster_says_so() -> None:
    def is_ranked(word: str) -> bool:
        return roster(f"{NORTH}  r: {{team: hunters{word}}}\n").reps["r"].is_ranked

    assert [is_ranked(word) for word in ("", ", ranking: true", ", ranking: false")] == [
        *(False, True, False),
    ]
    (mistake,) = mistakes(f"{NORTH}  r: {{team: hunters, ranking: sure}}\n")
    assert "'sure' is neither true nor false" in mistake


def test_targets_of_ratios_are_numbers_or_percent() -> None:
    percent = 'kpi_targets: {disqualification: "7%", pace: 120 %, lead_to_won: 1}'
    targets = roster(NORTH.replace("kpi_targets: {disqualification: 0.07}", percent))

    assert targets.floors["north"].kpi_targets == {
        "disqualification": 0.07,
        "pace": 1.2,
        "lead_to_won": 1,
    }


def test_effective_rules_are_inherited_key_by_key() -> None:
    read = roster()

    assert read.floors["south"].rule.talk_seconds == 31
    assert read.floors["south"].rule.dispositions == {"meeting", "callback"}
    assert read.floors["north"].rule.digest != read.floors["south"].rule.digest
    assert read.rep("stranger").memberships[0].floor.rule == read.floors["north"].rule


def test_targets_are_for_the_longest_day() -> None:
    read = roster()
    north = read.floors["north"]

    assert read.reps["ana"].rates_on(north, MONDAY)["call"] == 40 / 510
    assert read.reps["bob"].rates_on(north, MONDAY) == {
        "call": 20 / (8 * 60 - 45),
        "email": 15 / 510,
        "inmail": 5 / 510,
    }


def test_yaml_traps_are_read_as_meant() -> None:
    read = roster("""
floors: {f: {zone: Europe/Oslo, holidays: NO, hours: {[mon, tue]: [09:00-12:00, 13:00-17:00]}}}
teams: {t: {floor: f}}
reps: {0112: {team: t, day_starts: 06:00}, 1e3: {team: t}, yes: {team: t}}
""")

    assert set(read.reps) == {"0112", "1e3", "yes"}
    assert read.reps["0112"].days.day_starts == 360
    assert not read.floors["f"].calendar.is_open(date(2027, 5, 17).toordinal())
    assert read.floors["f"].hours[1] == (Span(540, 720), Span(780, 1020))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("holidays: NL", "holidays: XX", "6: 'XX' has no holiday calendar"),
        ("holidays: NL", "holidays: MON", "6: 'MON' has no holiday calendar"),
        ("Europe/Amsterdam", "Europe/Amsterdm", "5: 'Europe/Amsterdm' is not a time zone"),
        ("Europe/Amsterdam", "localtime", "5: 'localtime' is not a time zone that is the same"),
        ("Europe/Amsterdam", "right/Europe/Paris", "5: 'right/Europe/Paris' is not a time zone th"),
        (
            "  cem:",
            "  Nil:",
            "31: 'Nil' stands for no id in events, whoever is called so: give the",
        ),
        ("  cem:", "  'nan ':", "31: 'nan ' stands for no id in events"),
        ("closed: [2026-11-19]", "closed: [19-11-2026]", "7: '19-11-2026' is not a date"),
        ('"12:30-13:00"', "12:30", "11: '12:30' is not a span"),
        ('"12:30-13:00"', '"12:30-12:75"', "11: '12:75' is not a time"),
        ("mon-fri:", "mon-fry:", "10: 'mon-fry' is not a day of the week"),
        ("0.07}", "7}", "9: '7' is not a ratio from 0 to 1: write 0.07, or \"7%\""),
        ("0.07}", "'0,07'}", "9: '0,07' is not a ratio from 0 to 1: write 0.07, or \"7%\""),
        ("0.07}", "-1}", "9: '-1' is not a ratio from 0 to 1: write one such as 0.05, or"),
        ("0.07}", "many}", "9: 'many' is not a ratio from 0 to 1: write one such as 0.05, or"),
        ("0.07}", '"101%"}', "9: '101%' is not a ratio from 0 to 1: write one such as 0.05, or"),
        ("0.07}", "nan}", "9: 'nan' is not a ratio"),
        ("0.07}", "0.07, pace: 95}", "9: '95' is not a ratio from 0 to 3: write 0.95, or \"95%\""),
        ("sat: ", "fri: ", "10: fri has hours already"),
        ("call: 40", "calls: 40", "12: 'calls' is not a channel; known are call, email, inmail"),
        ("call: 40", "call: many", "12: 'many' is not a number"),
        ("{disqualification:", "{disqualify:", "9: 'disqualify' is not a KPI; known are"),
        ("decide_within_days: 3", "decide_within: 3", "8: floor 'north': 'decide_within' is not"),
        ("{floor: south}", "{floor: sauth}", "21: team 'sailors' needs `floor`: one of north"),
        ("{name: Ana, team: hunters}", "{name: Ana}", "23: rep 'ana' needs `team`"),
        ("team: hunters}", "team: hunterz}", "'hunterz' is not a team; known are hunters"),
        ('day_starts: "12:00"', 'day_starts: "03:00"', "26: hours of rep 'bob' cross the start"),
        ("closed: [2026-11-19]", "closed: [20261119]", "7: '20261119' is not a date: write YYYY"),
        ("to: 2026-11-11", "to: 2026-W46-3", "30: '2026-W46-3' is not a local time: write YYYY"),
        ("2026-11-23T13:00", "20261123T13:00", "25: '20261123T13:00' is not a local time: write"),
        (
            "to: 2026-11-11",
            "to: 2026-11-09",
            "30: not an absence: `to` (2026-11-09) is before `from` (2026-11-10): write the",
        ),
        ("  cem:", "  c\aem:", "31: YAML takes no character U+0007: remove it"),
        ("2026-11-23T13:00", "2026-11-23T1300", "25: '2026-11-23T1300' is not a local time: write"),
        ("2026-11-23T13:00", "2026-11-23 13:00", "25: '2026-11-23 13:00' is not a local time"),
        ("2026-11-23T13:00", "2026-11-23T13", "25: '2026-11-23T13' is not a local time: write"),
        ("2026-11-23T13:00", "2025-11-23T13:00", "25: teams must stand in the order"),
        ("2026-11-23T13:00", "2026-11-23T13:00Z", "25: '2026-11-23T13:00Z' is not a local time"),
        ("  cem:", "  bob:", "31: reps: 'bob' is given twice"),
        ("  cem:", "  unassigned:", "31: 'unassigned' is kept for reps"),
        ("talk_seconds: 60", "talk_seconds: -1", "2: '-1' is not a whole number"),
    ],
)
def test_a_mistake_names_its_line_and_the_form(old: str, new: str, message: str) -> None:
    assert old in NORTH
    refused = mistakes(NORTH.replace(old, new, 1))

    assert any(f"roster.yaml:{message}" in line or message in line for line in refused), refused


def test_all_mistakes_are_reported_at_once_in_order() -> None:
    lines = [
        line.split(":")[1] for line in mistakes(NORTH.replace("NL", "XX").replace("20}", "x}"))
    ]

    assert lines == ["6", "29"]


def test_a_rep_on_floors_of_two_zones_needs_a_zone() -> None:
    moved = NORTH.replace("team: farmers}]", "team: sailors}]")

    assert "floors of different zones" in mistakes(moved)[0]


def test_a_list_where_a_name_belongs_is_a_mistake() -> None:
    assert "words: expected a single name" in mistakes("words: {[a]: {b: c}}\n" + NORTH)[0]


def test_what_is_not_yaml_names_the_line() -> None:
    assert mistakes("floors: {a: [}") == ["roster.yaml:1: expected the node content, but found '}'"]
    assert "roster.yaml:1: floors: at least one is needed, such as `north: {" in mistakes("")[0]


def test_fingerprint_changes_with_what_a_rep_is_measured_by() -> None:
    same = roster(NORTH.replace("name: Ana", "name: Anna"))
    other = roster(NORTH.replace("talk_seconds: 60", "talk_seconds: 61"))
    before = roster()

    assert before.reps["ana"].fingerprint == same.reps["ana"].fingerprint
    assert before.reps["ana"].fingerprint != other.reps["ana"].fingerprint
    assert before.reps["cem"].fingerprint == other.reps["cem"].fingerprint


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("{team: []}", "needs `team`: the list is empty"),
        ('{team: hunters, day_starts: "24:00"}', "'24:00' is on the day after"),
        ("{team: hunters, from: 2026-12-05, to: 2026-12-01}", "`to` is before `from`"),
        (
            '{team: hunters, day_starts: "12:00", hours: {mon: ["22:00-06:00", "05:00-07:00"]}}',
            "hours of rep 'zed' overlap",
        ),
    ],
)
def test_what_can_only_be_a_slip_is_refused_with_its_line(entry: str, part: str) -> None:
    text = f"{NORTH}  zed: {entry}\n"

    (message,) = mistakes(text)

    assert message.startswith(f"roster.yaml:{len(text.splitlines())}: ")
    assert part in message


def test_what_is_no_yaml_is_reported_with_its_line_and_the_mend() -> None:
    assert "roster.yaml:2: " in mistakes("floors:\n\tnorth: {}")[0]
    assert "with spaces, not with tabs" in mistakes("floors:\n\tnorth: {}")[0]
    assert "too deeply" in mistakes("[" * 3000)[0]
    with pytest.raises(RosterError, match=r"roster.yaml:2: is not UTF-8"):
        parse_roster(b"floors:\n  \xff: {}")
