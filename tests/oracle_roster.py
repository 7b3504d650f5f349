"""The oracle's half about people: zones, days and targets by the roster's definitions alone.

Slow and naive: a minute is looked at as a local time on the clock of the rep, and asked everything.
It shares no code with the product.
"""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import yaml

UTC = dt.UTC
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NOWHERE = {"zone": "UTC", "hours": {"mon-fri": "00:00-24:00"}}
MINUTES = {"15m": 15, "1h": 60, "4h": 240}
OPEN_DAYS = {"2d": 2, "5d": 5, "20d": 20}


def as_date(value):
    """A date that YAML read as one, or that is still text."""
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def as_time(value):
    """The naive local time of a date, of a time, or of the text of either."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    return value


def is_date(value):
    """Whether a date stands there without a time."""
    return len(value) == 10 if isinstance(value, str) else not isinstance(value, dt.datetime)


def minutes_of(spans):
    """The minutes after midnight of "08:30-12:00" or of a list of such."""
    minutes = []
    for span in [spans] if isinstance(spans, str) else spans:
        start, end = ((int(time[:2]) * 60 + int(time[3:])) for time in span.split("-"))
        minutes += range(start, end if end > start else end + 1440)
    return minutes


def week_of(hours):
    """Minutes by weekday."""
    week = {}
    for key, spans in hours.items():
        first, _, last = key.partition("-")
        for weekday in range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1):
            week[weekday] = minutes_of(spans)
    return week


class Roster:
    """Reads a roster with YAML's own types, for rosters that write them unambiguously."""

    def __init__(self, text):
        self.read = yaml.safe_load(text)
        self.effective = self.read.get("effective", {})
        self.systems = self.read.get("systems", {})
        self.nobody = self.read.get("nobody")
        self.start_of = cache(self.start_of)
        self.is_holiday = cache(self.is_holiday)
        self.work_minutes = cache(self.work_minutes)
        self.full_day = cache(self.full_day)

    # -- who is where

    def is_system(self, rep):
        """Whether no person is meant; nobody is the system that the roster names."""
        return rep in self.systems or (rep == "" and self.nobody is not None)

    def is_listed(self, rep):
        """Whether something can be expected of this rep."""
        return rep in self.read.get("reps", {})

    def entry(self, rep):
        return self.read.get("reps", {}).get(rep, {})

    def stays(self, rep):
        """[(since, team, floor)]; the first also holds before."""
        if self.is_system(rep):
            return [(None, "", self.systems[rep or self.nobody]["floor"])]
        if not self.is_listed(rep):
            return [(None, "unassigned", "unassigned")]
        teams = self.entry(rep)["team"]
        steps = [{"team": teams}] if isinstance(teams, str) else teams
        return [
            (
                as_time(step["from"]).replace(tzinfo=self.zone(rep)) if "from" in step else None,
                step["team"],
                self.read["teams"][step["team"]]["floor"],
            )
            for step in steps
        ]

    def stay(self, rep, when):
        stays = self.stays(rep)
        return [stays[0], *(stay for stay in stays[1:] if when >= stay[0])][-1]

    def team_at(self, rep, when):
        return self.stay(rep, when)[1]

    def floor_at(self, rep, when):
        return self.floor(self.stay(rep, when)[2])

    def floor(self, name):
        return NOWHERE if name == "unassigned" else self.read["floors"][name]

    def rule(self, floor):
        return {
            "dispositions": [],
            "talk_seconds": 60,
            **self.effective,
            **floor.get("effective", {}),
        }

    # -- days

    def zone(self, rep):
        entry = self.entry(rep)
        if "zone" in entry:
            return ZoneInfo(entry["zone"])
        if not self.is_listed(rep):
            return ZoneInfo(self.floor(self.stays(rep)[0][2])["zone"])
        first = entry["team"] if isinstance(entry["team"], str) else entry["team"][0]["team"]
        return ZoneInfo(self.floor(self.read["teams"][first]["floor"])["zone"])

    def day_starts(self, rep):
        hours, minutes = str(self.entry(rep).get("day_starts", "00:00")).split(":")
        return int(hours) * 60 + int(minutes)

    def start_of(self, rep, day):
        local = dt.datetime.combine(day, dt.time()) + self.day_starts(rep) * MINUTE
        return local.replace(tzinfo=self.zone(rep)).astimezone(UTC)

    def business_day(self, rep, when):
        day = when.astimezone(self.zone(rep)).date() + DAY
        while self.start_of(rep, day) > when:
            day -= DAY
        return day

    def window_start(self, rep, window, now):
        """The first minute of a window that ends with the minute *now*."""
        if window in MINUTES:
            return now - (MINUTES[window] - 1) * MINUTE
        day = self.business_day(rep, now)
        if window == "90d":
            day -= 89 * DAY
        elif window != "today":
            missing = OPEN_DAYS[window]
            floor = self.stay(rep, now)[2]
            for back in range(366):
                missing -= self.is_open(floor, day - back * DAY)
                if not missing:
                    break
            day -= back * DAY
        return self.start_of(rep, day)

    # -- hours

    def is_holiday(self, floor, day):
        entry = self.floor(floor)
        if "holidays" not in entry or day in map(as_date, entry.get("open", [])):
            return False
        return day in holidays.country_holidays(entry["holidays"])

    def is_open(self, floor, day):
        return bool(self.floor_minutes(floor, day))

    def floor_minutes(self, floor, day, usual=None):
        """The floor's minutes of a day after its midnight; *usual* stands for its week's."""
        entry = self.floor(floor)
        if day in map(as_date, entry.get("closed", [])):
            return []
        for single, spans in entry.get("dates", {}).items():
            if as_date(single) == day:
                return minutes_of(spans)
        if self.is_holiday(floor, day):
            return []
        return week_of(entry["hours"]).get(day.weekday(), []) if usual is None else usual

    def is_off(self, rep, day):
        entry = self.entry(rep)
        return (
            ("from" in entry and day < as_date(entry["from"]))
            or ("to" in entry and day > as_date(entry["to"]))
            or any(
                as_date(away["from"]) <= day <= as_date(away["to"])
                for away in entry.get("absences", [])
                if is_date(away["from"])
            )
        )

    def is_away(self, rep, minute):
        return any(
            as_time(away["from"]).replace(tzinfo=self.zone(rep))
            <= minute
            < as_time(away["to"]).replace(tzinfo=self.zone(rep))
            for away in self.entry(rep).get("absences", [])
            if not is_date(away["from"])
        )

    def weeks(self, rep):
        """The rep's own weeks, in turn, or none."""
        hours = self.entry(rep).get("hours")
        if hours is None:
            return []
        return [week_of(week) for week in hours["weeks"]] if "weeks" in hours else [week_of(hours)]

    def own_minutes(self, rep, day):
        """The minutes of the rep's own week or rota; None without."""
        weeks = self.weeks(rep)
        if not weeks:
            return None
        hours = self.entry(rep)["hours"]
        turn = 0
        if "weeks" in hours:
            monday = as_date(hours["from"])
            while monday + 7 * DAY <= day:
                monday, turn = monday + 7 * DAY, (turn + 1) % len(weeks)
        return weeks[turn].get(day.weekday(), [])

    def day_minutes(self, rep, floor, day):
        """The minutes after midnight of a rep's day on a floor, breaks and night included."""
        if self.is_off(rep, day):
            return []
        for single, spans in self.entry(rep).get("dates", {}).items():
            if as_date(single) == day:
                return minutes_of(spans)
        return self.floor_minutes(floor, day, self.own_minutes(rep, day))

    def breaks(self, rep, floor):
        spans = self.entry(rep).get("breaks", self.floor(floor).get("breaks", []))
        return {minute % 1440 for minute in minutes_of(spans)}

    def work_minutes(self, rep, floor, day):
        """The instants of the scheduled minutes of a business day on a floor."""
        pauses = self.breaks(rep, floor)
        starts = self.day_starts(rep)
        minutes = self.day_minutes(rep, floor, day)
        local = sorted(m + 1440 * (m < starts) for m in minutes)  # the date after, before the start
        return self._instants(rep, day, [m for m in local if m % 1440 not in pauses])

    def _instants(self, rep, day, local):
        zone, midnight = self.zone(rep), dt.datetime.combine(day, dt.time())
        instants = set()
        for first in (m for m in local if m - 1 not in local):
            last = first
            while last + 1 in local:
                last += 1
            minute = (midnight + first * MINUTE).replace(tzinfo=zone).astimezone(UTC)
            stop = (midnight + (last + 1) * MINUTE).replace(tzinfo=zone).astimezone(UTC)
            while minute < stop:
                if not self.is_away(rep, minute):
                    instants.add(minute)
                minute += MINUTE
        return sorted(instants)

    def scheduled_minutes(self, rep, start, end):
        """(minute, day, team, floor) of every scheduled minute in [start, end]."""
        if not self.is_listed(rep):
            return
        day = self.business_day(rep, start)
        while self.start_of(rep, day) <= end:
            for floor in sorted({floor for _, _, floor in self.stays(rep)}):
                for minute in self.work_minutes(rep, floor, day):
                    _, team, place = self.stay(rep, minute)
                    if start <= minute <= end and place == floor:
                        yield minute, day, team, floor
            day += DAY

    # -- targets

    def full_day(self, rep, floor):
        """Minutes of the longest day of the week, or of all weeks of a rota; no single date."""
        weeks = self.weeks(rep) or [week_of(self.floor(floor)["hours"])]
        pauses = self.breaks(rep, floor)
        return max(
            len([m for m in day if m % 1440 not in pauses]) for w in weeks for day in w.values()
        )

    def own_targets(self, rep, day):
        targets = self.entry(rep).get("targets", {})
        if isinstance(targets, dict):
            return targets
        return [t for t in targets if t is targets[0] or as_date(t["from"]) <= day][-1]

    def rate(self, rep, floor, channel, day):
        """Effective touches a minute, on a day; none where nobody ever works."""
        own = self.own_targets(rep, day)
        if channel in own:
            target, full_day = own[channel], self.full_day(rep, floor)
        else:
            target = self.floor(floor).get("targets", {}).get(channel, 0)
            full_day = self.full_day(None, floor)
        return target / full_day if full_day else 0
