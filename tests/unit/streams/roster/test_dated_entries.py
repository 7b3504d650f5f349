"""What holds on some dates alone: rotas, ramps of targets, absences, hours of single dates."""

from datetime import date

import pytest

from streams.roster.file import parse_roster
from tests.build import NORTH, roster
from tests.rostermistakes import mistakes

MONDAY = date(2026, 11, 23).toordinal()
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
