"""The roster as people write it: read as meant, or refused with line and mend."""

from datetime import date

import pytest

from streams.clock import MINUTE, parse_instant
from streams.roster.calendar import Span
from streams.roster.file import RosterError, parse_roster
from streams.roster.people import BEGINNING
from tests.build import NORTH, roster

MONDAY = date(2026, 11, 23).toordinal()


def mistakes(text: str) -> list[str]:
    with pytest.raises(RosterError) as refused:
        parse_roster(text.encode())
    return refused.value.mistakes


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


def test_a_floors_own_words_are_read_in_the_form_in_which_they_are_compared() -> None:
    text = "words: {call.outcome: {Left - Message: Voicemail, connected: human}}\n" + NORTH

    words = parse_roster(text.encode()).words

    assert words == {"call.outcome": {"left_message": "voicemail", "connected": "human"}}


def test_a_word_in_two_spellings_with_two_meanings_is_a_mistake() -> None:
    text = "words: {lead.status: {Demo-Held: delivered, demo held: %s}}\n" + NORTH

    assert mistakes(text % "accepted") == [
        "roster.yaml:1: 'Demo-Held' and 'demo held' are one word with two meanings: keep one"
    ]
    assert parse_roster((text % "delivered").encode()).words == {
        "lead.status": {"demo_held": "delivered"}
    }


def test_words_that_the_contract_cannot_mean_are_mistakes() -> None:
    text = "words: {call.mood: {good: human}, call.outcome: {connected: won}}\n" + NORTH

    meaning, field = mistakes(text)

    assert "'call.mood' is not a field; known are call.direction, call.outcome" in field
    assert "'won' is no call.outcome: known are human" in meaning


def test_a_meaning_that_is_a_synonym_names_the_word_of_the_contract() -> None:
    text = "words: {call.direction: {dialed: Outgoing}}\n" + NORTH

    assert mistakes(text) == ["roster.yaml:1: 'outgoing' is no call.direction: write outbound"]


def test_a_word_that_is_given_twice_is_one_mistake() -> None:
    text = "words: {call.outcome: {connected: human, connected: busy}}\n" + NORTH

    assert mistakes(text) == [
        "roster.yaml:1: words of call.outcome: 'connected' is given twice: keep one"
    ]


SYSTEMS = (
    NORTH
    + """
systems:
  hubspot: {floor: north}
  zapier: {floor: south}
nobody: hubspot
"""
)


ROTA = """
floors: {f: {zone: Europe/Oslo, hours: {mon-fri: "08:00-16:00"}, targets: {call: 40, email: 9}}}
teams: {t: {floor: f}}
reps:
  ana:
    team: t
    hours: {from: 2026-11-16, weeks: [{mon-thu: "06:00-14:00"}, {mon-fri: "14:00-23:00", sat: []}]}
    breaks: ["10:00-11:00", "17:00-17:30"]
    targets: [{from: 2026-11-01, call: 10}, {from: 2026-11-23, call: 17, inmail: 3}]
    dates: {2026-11-21: "08:00-20:00", 2026-11-24: []}
"""


def test_targets_by_date_hold_until_the_next_ones_the_first_also_before() -> None:
    rota = roster(ROTA)
    floor, day = rota.floors["f"], 8 * 60 + 30  # the longest of both weeks, no single date

    rates = [rota.reps["ana"].rates_on(floor, MONDAY - before) for before in (100, 1, 0)]

    first = {"call": 10 / day, "email": 9 / 480}
    assert rates == [first, first, {"call": 17 / day, "email": 9 / 480, "inmail": 3 / day}]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("from: 2026-11-16, weeks", "from: 2026-11-17, weeks", "7: 2026-11-17 is no Monday: write"),
        ("from: 2026-11-16, weeks", "weeks", "7: a rota needs `from`: write {from:"),
        ("weeks: [", "week: [", "7: rota: 'week' is not known; known are from, weeks"),
        ('[{mon-thu: "06:00-14:00"}, {mon-fri: "14:00-23:00", sat: []}]', "[]", "7: a rota has a"),
        ("from: 2026-11-01, call", "from: 2026-12-01, call", "9: targets by date must stand in"),
        ("from: 2026-11-23, call", "call", "9: all targets by date but the first need `from`"),
        ("from: 2026-11-01, call", "calls", "9: targets by date: 'calls' is not known; known are"),
        ("call: 17", "call: some", "9: 'some' is not a number"),
        ("2026-11-24: []", "24-11-2026: []", "10: '24-11-2026' is not a date: write YYYY-MM-DD"),
        (
            "2026-11-24: []",
            "2026-11-24: off",
            '10: \'off\' is not a span: write "HH:MM-HH:MM", such as "08:30-17:30", or [] for',
        ),
        ("2026-11-24: []", "2026-11-24: ", "10: '' is not a span"),
        ("2026-11-24: []", "2026-11-21: []", "10: dates: '2026-11-21' is given twice"),
        ('"08:00-20:00"', '["08:00-20:00", "19:00-21:00"]', "10: hours overlap"),
        (
            '"08:00-20:00"',
            '"20:00-08:00"',
            "10: hours of rep 'ana' cross the start of the business",
        ),
        (
            '{mon-fri: "08:00-16:00"}',
            "{from: 2026-11-16, weeks: []}",
            "2: a rota is for reps: give",
        ),
        (
            "f: {zone",
            'f: {dates: {2026-12-24: "23:00-02:00"}, zone',
            "5: hours of rep 'ana' on 2026-12-24, those",
        ),
        (
            "f: {zone",
            "f: {dates: {2026-12-24: []}, closed: [2026-12-24], zone",
            "2: 2026-12-24 is in `",
        ),
        ("f: {zone", "f: {open: [2026-12-25], closed: [2026-12-25], zone", "2: 2026-12-25 is in `"),
        ("f: {zone", "f: {open: [xmas], zone", "2: 'xmas' is not a date"),
    ],
)
def test_a_mistaken_rota_date_or_ramp_names_its_line_and_the_form(
    old: str, new: str, message: str
) -> None:
    assert ROTA.count(old) == 1
    assert parse_roster(ROTA.encode()).reps

    assert any(f"roster.yaml:{message}" in m for m in mistakes(ROTA.replace(old, new))), mistakes(
        ROTA.replace(old, new)
    )


@pytest.mark.parametrize(
    ("absence", "mend"),
    [
        (
            "{from: 2026-12-01, to: 2026-12-01T12:00}",
            "of 2026-12-01 and 2026-12-01T12:00 one has a",
        ),
        (
            "{from: 2026-12-01T12:00, to: 2026-12-01}",
            "of 2026-12-01T12:00 and 2026-12-01 one has a",
        ),
        (
            "{from: 2026-12-01T12:00, to: 2026-12-01T12:00}",
            "`from` and `to` are both 2026-12-01T12",
        ),
        (
            "{from: 2026-12-01T12:00, to: 2026-12-01T11:00}",
            "`to` (2026-12-01T11:00) is before `from`",
        ),
        ("{from: 2026-12-01}", "write {from: YYYY-MM-DD, to:"),
        ("2026-12-01", "write {from: YYYY-MM-DD, to:"),
    ],
)
def test_an_absence_has_two_dates_or_two_times(absence: str, mend: str) -> None:
    text = f"{NORTH}  zed: {{team: hunters, absences: [{absence}]}}\n"

    (message,) = mistakes(text)

    assert message.startswith(f"roster.yaml:32: not an absence: {mend}")


def test_an_absence_of_which_one_date_cannot_be_read_is_one_mistake() -> None:
    absences = "absences: [{from: 2026-12-01, to: 1 December}]"

    (message,) = mistakes(f"{NORTH}  zed: {{team: hunters, {absences}}}\n")

    assert message.startswith("roster.yaml:32: '1 December' is not a local time: write YYYY-MM-DD")


def test_own_dates_of_a_night_worker_stand_for_a_half_day_of_the_floor() -> None:
    half = NORTH.replace("closed: [2026-11-19]", 'dates: {2026-12-24: "08:30-12:30"}')
    bob = '    breaks: ["01:00-01:45"]\n'

    (message,) = mistakes(half)
    read = roster(half.replace(bob, bob + "    dates: {2026-12-24: []}\n"))

    assert "'bob' on 2026-12-24, those of floor 'north', cross" in message
    assert message.endswith("at 12:00: give the rep own `dates`")
    assert read.reps["bob"].hours_on(date(2026, 12, 24).toordinal(), read.floors["north"]) == ()


def test_single_dates_and_part_days_change_the_fingerprint() -> None:
    floor = "kpi_targets: {disqualification: 0.07}"
    rep = "ana: {name: Ana, team: hunters"
    absence = ", absences: [{from: 2026-11-23T09:00, to: 2026-11-23T10:00}]"
    changes = [
        (floor, "open: [2026-12-25]"),
        (floor, "dates: {2026-12-24: []}"),
        (rep, rep + ", dates: {2026-12-24: []}"),
        (rep, rep + absence),
        (rep, rep + ", targets: [{call: 40}, {from: 2026-11-24, call: 41}]"),
        (rep, rep + ", hours: {from: 2026-11-16, weeks: [{mon: '09:00-10:00'}, {}]}"),
    ]

    prints = [roster(NORTH.replace(*change)).rep("ana").fingerprint for change in changes]

    assert len({roster().rep("ana").fingerprint, *prints}) == len(changes) + 1


def test_systems_are_on_a_floor_in_no_team_and_are_no_reps() -> None:
    read = roster(SYSTEMS)

    hubspot = read.rep("hubspot")

    assert hubspot is read.systems["hubspot"]
    assert hubspot.is_system
    assert hubspot.memberships == ((BEGINNING, "", read.floors["north"]),)
    assert hubspot.rates_on(read.floors["north"], MONDAY) == {}
    assert set(read.reps) == {"ana", "bob", "cem"}
    assert not read.rep("ana").is_system


def test_what_no_person_did_is_on_the_floor_of_nobodys_system() -> None:
    read, without = roster(SYSTEMS), roster()

    assert read.nobody == "hubspot"
    assert read.rep("").is_system
    assert read.rep("").memberships[0].floor is read.floors["north"]
    assert without.nobody is None
    assert without.rep("").memberships[0].team == "unassigned"
    assert not without.rep("").is_system


def test_who_is_nobody_and_who_is_a_system_changes_fingerprints() -> None:
    read = roster(SYSTEMS)
    other = roster(SYSTEMS.replace("nobody: hubspot", "nobody: zapier"))

    assert read.rep("").fingerprint != other.rep("").fingerprint
    assert read.rep("hubspot").fingerprint == other.rep("hubspot").fingerprint
    assert read.rep("hubspot").fingerprint != roster().rep("hubspot").fingerprint


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("zapier:", "None:", "35: 'None' stands for no id in events"),
        ("nobody: hubspot", "nobody: ana", "36: nobody: 'ana' is not a system; known are hubspot"),
        ("zapier:", "ana:", "35: 'ana' is in `reps` and in `systems`: take one of them out"),
        ("{floor: south}\nnob", "{floor: sauth}\nnob", "35: system 'zapier' needs `floor`: one of"),
        ("zapier: {floor: south}", "zapier: {}", "35: system 'zapier' needs `floor`: one of"),
        (
            "zapier: {floor: south}",
            "zapier: {team: farmers, floor: south}",
            "35: system 'zapier': 't",
        ),
    ],
)
def test_a_mistaken_system_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    assert old in SYSTEMS

    assert any(f"roster.yaml:{message}" in m for m in mistakes(SYSTEMS.replace(old, new)))
