"""An independent recount, written from the definitions alone: slow, naive, and sharing no code.

It reads the same JSON events and the same roster text as the product, keeps everything as plain
Python data, and answers every number by looking at all events again.
"""

import datetime as dt
import json
from collections import defaultdict
from zoneinfo import ZoneInfo

import holidays
import yaml

UTC = dt.UTC
TOUCH_TOPICS = {"calls": "call", "emails": "email", "inmails": "inmail"}
CHANNELS = ("call", "email", "inmail")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STATUSES = {
    *("created", "working", "delivered", "accepted", "rejected", "reopened"),
    *("no_show", "cancelled", "rescheduled", "won", "lost", "merged"),
}
OUTCOMES = {
    "calls": {"human", "voicemail", "no_answer", "busy", "wrong_number", "failed"},
    "emails": {"sent", "bounced", "replied", "auto_replied"},
    "inmails": {"sent", "accepted", "declined", "replied"},
}
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=UTC)
TOUCH_WINDOWS = ("15m", "1h", "4h", "today", "2d", "5d", "20d")
CONTACT_WINDOWS = ("today", "2d", "5d", "20d")
LEAD_WINDOWS = ("1h", "4h", "today", "2d", "5d", "20d", "90d")
COHORT_WINDOWS = ("today", "5d", "20d", "90d")
MINUTES = {"15m": 15, "1h": 60, "4h": 240}
OPEN_DAYS = {"2d": 2, "5d": 5, "20d": 20}


def instant(text):
    return dt.datetime.fromisoformat(text)


def minute_of(when):
    return when.astimezone(UTC).replace(second=0, microsecond=0)


def rank_of(event):
    """The larger one is the newer version of an id, whatever the order of arrival."""
    version, noted = event.get("version"), event.get("recorded_at")
    retracted = bool(event.get("retracted"))
    since = (instant(noted) - EARLIEST) if noted else dt.timedelta(-1)
    return (
        retracted and version is None and not noted,
        version is not None,
        version or 0,
        since,
        retracted,
        -unknown_words(event),
        tie_break(event),
        instant(event["at"]),
    )


def unknown_words(event):
    if event["topic"] == "lead-status":
        is_known = event.get("origin") in ("inbound", "outbound")
        return (event.get("status") not in STATUSES) + (not is_known)
    is_known = event.get("outcome") in OUTCOMES[event["topic"]]
    return (event.get("direction") not in ("outbound", "inbound")) + (not is_known)


def tie_break(event):
    fields = dict(event)
    for name in ("at", "recorded_at"):
        if fields.get(name) is not None:
            since = instant(fields[name]) - dt.datetime(1970, 1, 1, tzinfo=UTC)
            fields[name] = since // dt.timedelta(milliseconds=1)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_late(event, now):
    return event["topic"] != "lead-status" and instant(event["at"]) < now - dt.timedelta(days=60)


def newest(events, now):
    """The newest version of every record that a worker at *now* accepts."""
    kept = {}
    for event in events:
        at = instant(event["at"])
        latest = now + dt.timedelta(minutes=5)
        if at > latest or (event.get("recorded_at") and instant(event["recorded_at"]) > latest):
            continue
        if is_late(event, now):
            continue
        owner = event["lead_id"] if event["topic"] == "lead-status" else event["rep_id"]
        key = (event["topic"], owner, event["id"])
        rank = rank_of(event)
        if key not in kept or rank > kept[key][0]:
            kept[key] = (rank, event)
    return [event for _, event in kept.values() if not event.get("retracted")]


class Roster:
    """Reads a roster with YAML's own types, for rosters that write them unambiguously."""

    def __init__(self, text):
        self.told = yaml.safe_load(text)
        self.effective = self.told.get("effective", {})
        self._holidays = {}
        self._starts = {}

    def floor(self, name):
        if name == "unassigned":
            return {"zone": "UTC", "hours": {"mon-fri": "00:00-24:00"}}
        return self.told["floors"][name]

    def floor_of_team(self, team):
        return "unassigned" if team == "unassigned" else self.told["teams"][team]["floor"]

    def rep(self, rep):
        return self.told.get("reps", {}).get(rep, {"team": "unassigned"})

    def teams(self, rep):
        entry = self.rep(rep)["team"]
        if isinstance(entry, str):
            return [(None, entry)]
        zone = self.zone(rep)
        return [(self._local(step.get("from"), zone), step["team"]) for step in entry]

    @staticmethod
    def _local(text, zone):
        if text is None:
            return None
        if isinstance(text, dt.date) and not isinstance(text, dt.datetime):
            text = dt.datetime.combine(text, dt.time())
        if isinstance(text, str):
            text = dt.datetime.fromisoformat(text)
        return text.replace(tzinfo=zone)

    def team_at(self, rep, when):
        held = self.teams(rep)[0][1]
        for since, team in self.teams(rep)[1:]:
            if when >= since:
                held = team
        return held

    def zone(self, rep):
        entry = self.rep(rep)
        if "zone" in entry:
            return ZoneInfo(entry["zone"])
        team = entry["team"] if isinstance(entry["team"], str) else entry["team"][0]["team"]
        return ZoneInfo(self.floor(self.floor_of_team(team))["zone"])

    def day_starts(self, rep):
        hours, minutes = str(self.rep(rep).get("day_starts", "00:00")).split(":")
        return int(hours) * 60 + int(minutes)

    def start_of(self, rep, day):
        if (rep, day) not in self._starts:
            self._starts[rep, day] = self._start_of(rep, day)
        return self._starts[rep, day]

    def _start_of(self, rep, day):
        local = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=self.day_starts(rep))
        return local.replace(tzinfo=self.zone(rep)).astimezone(UTC)

    def business_day(self, rep, when):
        day = when.astimezone(self.zone(rep)).date() + dt.timedelta(days=1)
        while self.start_of(rep, day) > when:
            day -= dt.timedelta(days=1)
        return day

    @staticmethod
    def week(told):
        found = defaultdict(list)
        for key, spans in told.items():
            first, _, last = key.partition("-")
            start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            for day in range(start, end + 1):
                for span in [spans] if isinstance(spans, str) else spans:
                    found[day].append(Roster.span(span))
        return found

    @staticmethod
    def span(text):
        numbers = [
            int(time.split(":")[0]) * 60 + int(time.split(":")[1]) for time in text.split("-")
        ]
        return numbers[0], numbers[1] if numbers[1] > numbers[0] else numbers[1] + 1440

    def is_closed(self, floor, day):
        told = self.floor(floor)
        if day in told.get("closed", []):
            return True
        if "holidays" not in told:
            return False
        if floor not in self._holidays:
            self._holidays[floor] = holidays.country_holidays(told["holidays"])
        return day in self._holidays[floor]

    def is_open(self, floor, day):
        week = self.week(self.floor(floor)["hours"])
        return bool(week.get(day.weekday())) and not self.is_closed(floor, day)

    def nth_last_open(self, floor, n, today):
        day = today
        while True:
            n -= self.is_open(floor, day)
            if n == 0:
                return day
            day -= dt.timedelta(days=1)

    def window_start(self, rep, window, now):
        """The first minute of a window that ends with the minute *now*."""
        if window in MINUTES:
            return now - dt.timedelta(minutes=MINUTES[window] - 1)
        today = self.business_day(rep, now)
        if window == "today":
            day = today
        elif window == "90d":
            day = today - dt.timedelta(days=89)
        else:
            floor = self.floor_of_team(self.team_at(rep, now))
            day = self.nth_last_open(floor, OPEN_DAYS[window], today)
        return self.start_of(rep, day)

    def rule(self, floor):
        return {
            "dispositions": [],
            "talk_seconds": 60,
            **self.effective,
            **self.floor(floor).get("effective", {}),
        }

    def schedule(self, rep, floor):
        """(hours by weekday, breaks), in minutes after midnight of the business day's date."""
        entry, told = self.rep(rep), self.floor(floor)
        week = self.week(entry.get("hours", told["hours"]))
        breaks = [self.span(span) for span in entry.get("breaks", told.get("breaks", []))]
        starts = self.day_starts(rep)
        return {
            day: [(s + 1440, e + 1440) if s < starts else (s, e) for s, e in spans]
            for day, spans in week.items()
        }, breaks

    @staticmethod
    def minutes_of(spans, breaks):
        """The minutes (after midnight) of spans that no daily break covers."""
        return [
            m
            for start, end in spans
            for m in range(start, end)
            if not any(s <= m + k < e for s, e in breaks for k in (-1440, 0, 1440))
        ]

    def full_day(self, week, breaks):
        return max((len(self.minutes_of(spans, breaks)) for spans in week.values()), default=0)

    def rate(self, rep, floor, channel):
        entry, told = self.rep(rep), self.floor(floor)
        if channel in entry.get("targets", {}):
            full = self.full_day(*self.schedule(rep, floor))
            return entry["targets"][channel] / full
        target = told.get("targets", {}).get(channel, 0)
        breaks = [self.span(span) for span in told.get("breaks", [])]
        return target / self.full_day(self.week(told["hours"]), breaks) if target else 0

    def scheduled_minutes(self, rep, start, end):
        """(minute, team) of every scheduled minute in [start, end]."""
        entry = self.rep(rep)
        if entry["team"] == "unassigned":
            return
        day = self.business_day(rep, start)
        while self.start_of(rep, day) <= end:
            if not self._is_off(entry, day):
                yield from self._scheduled_on(rep, day, start, end)
            day += dt.timedelta(days=1)

    @staticmethod
    def _is_off(entry, day):
        if "from" in entry and day < entry["from"]:
            return True
        if "to" in entry and day > entry["to"]:
            return True
        return any(a["from"] <= day <= a["to"] for a in entry.get("absences", []))

    def _scheduled_on(self, rep, day, start, end):
        zone = self.zone(rep)
        floors = {self.floor_of_team(team) for _, team in self.teams(rep)}
        for floor in sorted(floors):
            if self.is_closed(floor, day):
                continue
            week, breaks = self.schedule(rep, floor)
            for span in week.get(day.weekday(), []):
                pieces = set(self.minutes_of([span], breaks))
                bounds = [m for m in pieces if m - 1 not in pieces]
                for first in bounds:
                    last = first
                    while last + 1 in pieces:
                        last += 1
                    midnight = dt.datetime.combine(day, dt.time())
                    begin = (midnight + dt.timedelta(minutes=first)).replace(tzinfo=zone)
                    stop = (midnight + dt.timedelta(minutes=last + 1)).replace(tzinfo=zone)
                    minute = begin.astimezone(UTC)
                    stop = stop.astimezone(UTC)
                    while minute < stop:
                        team = self.team_at(rep, minute)
                        if start <= minute <= end and self.floor_of_team(team) == floor:
                            yield minute, team
                        minute += dt.timedelta(minutes=1)


def is_touch(event):
    if event["topic"] == "emails" and event.get("automated"):
        return False
    if event.get("direction") == "outbound":
        return True
    return (
        event["topic"] == "calls"
        and event.get("direction") == "inbound"
        and event.get("outcome") == "human"
    )


def is_effective(event, rule):
    if event["topic"] == "calls":
        talk = event.get("talk_seconds")
        return event.get("outcome") == "human" and (
            squeezed(event.get("disposition")) in map(squeezed, rule["dispositions"])
            or (talk is not None and talk >= rule["talk_seconds"])
        )
    reached = ("sent", "replied", "auto_replied")
    if event["topic"] == "inmails":
        reached = ("sent", "accepted", "replied")
    return event["direction"] == "outbound" and event.get("outcome") in reached


def squeezed(text):
    """Words joined by one underscore each, in lower case."""
    return None if text is None else "_".join(text.lower().replace("-", " ").split())


def place_of(change):
    """Where a change stands among those of its lead."""
    ranks = ("created", "working", "delivered", "no_show", "cancelled", "accepted", "reopened")
    same = {"rescheduled": "no_show", "rejected": "accepted"}
    status = same.get(change["status"], change["status"])
    rank = ranks.index(status) if status in ranks else 100 + (status == "merged")
    at = instant(change["at"])
    noted = instant(change["recorded_at"]) if change.get("recorded_at") else at
    return at, rank, noted, len(change["id"].encode()), change["id"]


def lead_facts(changes):
    """(measure, rep, at, earned, extra) of one lead's newest changes."""
    changes = sorted((c for c in changes if c.get("status") in STATUSES), key=place_of)
    merged, outcome, units = False, None, []
    last = None  # the status of the last change that a `reopened` could be about
    for change in changes:
        status = change["status"]
        if status == "reopened":
            if last == "reopened":
                continue
            if merged:
                merged = False
            elif outcome:
                outcome = None
            elif units:
                units[-1].update(state="undecided", decision=None)
        elif status == "merged":
            merged = True
        elif status in ("won", "lost"):
            outcome = change
        elif status == "delivered":
            if not units or units[-1]["state"] != "undecided":
                units.append({"delivered": change, "state": "undecided", "decision": None})
        elif status in ("accepted", "rejected"):
            if units and units[-1]["state"] not in ("withdrawn", status):
                units[-1].update(state=status, decision=change)
        elif status == "cancelled" and units and units[-1]["state"] == "undecided":
            units[-1]["state"] = "withdrawn"
        if status not in ("created", "working", "no_show", "rescheduled"):
            last = status
    if not merged:
        created = next((c for c in changes if c["status"] == "created"), None)
        yield from _creation_facts(created, outcome)
        yield from _appointment_facts(units)


def _creation_facts(created, outcome):
    if created:
        at = instant(created["at"])
        yield "leads_created", created["rep_id"], at, at, created.get("contact_id")
        if created.get("origin") in ("inbound", "outbound"):
            yield "leads_" + created["origin"], created["rep_id"], at, at, None
    if outcome and outcome["status"] == "won":
        won = instant(outcome["at"])
        if created:
            born = instant(created["at"])
            yield "leads_won", created["rep_id"], won, born, None
            yield "cohort_leads_won", created["rep_id"], born, born, None
        else:
            yield "leads_won", outcome["rep_id"], won, won, None


def _appointment_facts(units):
    for unit in units:
        rep, at = unit["delivered"]["rep_id"], instant(unit["delivered"]["at"])
        yield "cohort_delivered", rep, at, at, None
        if unit["state"] == "undecided":
            yield "cohort_pending", rep, at, at, None
        elif unit["decision"]:
            decided = unit["decision"]
            yield f"cohort_{unit['state']}", rep, at, at, None
            yield f"appointments_{unit['state']}", rep, instant(decided["at"]), at, decided


def recount(events, roster_text, now, *, with_expected=True):
    """{(rep, team, measure, window, channel): value} of everything that is not zero.

    Expectations are looked up minute by minute, which is slow: they can be left out.
    """
    roster = Roster(roster_text)
    live = newest(events, now)
    now = minute_of(now)
    touches = [e for e in live if e["topic"] in TOUCH_TOPICS and is_touch(e)]
    leads = defaultdict(list)
    for event in live:
        if event["topic"] == "lead-status":
            leads[event["lead_id"]].append(event)
    facts = [(lead, fact) for lead, changes in leads.items() for fact in lead_facts(changes)]
    reps = {str(rep) for rep in roster.told.get("reps", {})}
    reps |= {e["rep_id"] for e in touches} | {fact[1] for _, fact in facts}
    found = defaultdict(float)
    for rep in sorted(reps):
        _touches(found, roster, rep, [e for e in touches if e["rep_id"] == rep], now)
        _contacts(found, roster, rep, touches, facts, now)
        _facts(found, roster, rep, [(lead, f) for lead, f in facts if f[1] == rep], now)
        if with_expected:
            _expected(found, roster, rep, now)
    return {key: value for key, value in found.items() if value}


def _touches(found, roster, rep, touches, now):
    for window in TOUCH_WINDOWS:
        start = roster.window_start(rep, window, now)
        for event in touches:
            at = instant(event["at"])
            if not start <= minute_of(at) <= now:
                continue
            team, channel = roster.team_at(rep, at), TOUCH_TOPICS[event["topic"]]
            found[rep, team, "touches", window, channel] += 1
            if is_effective(event, roster.rule(roster.floor_of_team(team))):
                found[rep, team, "effective_touches", window, channel] += 1


def _contacts(found, roster, rep, touches, facts, now):
    for window in CONTACT_WINDOWS:
        start = roster.window_start(rep, window, now)
        reached, created = defaultdict(set), defaultdict(set)
        for event in touches:
            at = instant(event["at"])
            if event["rep_id"] != rep or not start <= minute_of(at) <= now:
                continue
            team = roster.team_at(rep, at)
            rule = roster.rule(roster.floor_of_team(team))
            if event.get("contact_id") is not None and is_effective(event, rule):
                reached[team].add(event["contact_id"])
        for _, (measure, who, at, earned, contact) in facts:
            if measure != "leads_created" or who != rep or contact is None:
                continue
            if start <= minute_of(at) <= now:
                created[roster.team_at(rep, earned)].add(contact)
        for team, contacts in reached.items():
            found[rep, team, "contacts", window, None] = len(contacts)
            found[rep, team, "contacts_converted", window, None] = len(contacts & created[team])


def _facts(found, roster, rep, facts, now):
    capped = defaultdict(list)
    for lead, (measure, _, at, earned, extra) in facts:
        if minute_of(at) > now:
            continue
        if measure.startswith("appointments_"):
            slot = int(at.timestamp()) // 600
            capped[extra.get("decided_by"), slot].append((at, extra["id"], lead, measure, earned))
        windows = COHORT_WINDOWS if measure.startswith("cohort_") else LEAD_WINDOWS
        _count(found, roster, rep, measure, at, earned, windows, now)
        if measure == "cohort_pending" and _is_overdue(roster, rep, at, earned, now):
            _count(found, roster, rep, "cohort_overdue", at, earned, COHORT_WINDOWS, now)
    for group in capped.values():
        for at, _, _, measure, earned in sorted(group)[:2]:
            _count(found, roster, rep, measure + "_capped", at, earned, LEAD_WINDOWS, now)


def _count(found, roster, rep, measure, at, earned, windows, now):
    for window in windows:
        if roster.window_start(rep, window, now) <= minute_of(at) <= now:
            found[rep, roster.team_at(rep, earned), measure, window, None] += 1


def _is_overdue(roster, rep, at, earned, now):
    floor = roster.floor_of_team(roster.team_at(rep, earned))
    day, today = roster.business_day(rep, at), roster.business_day(rep, now)
    waited = 0
    while day < today:
        day += dt.timedelta(days=1)
        waited += roster.is_open(floor, day)
    return waited > roster.floor(floor).get("decide_within_days", 5)


def _expected(found, roster, rep, now):
    if roster.rep(rep)["team"] == "unassigned":
        return
    longest = min(roster.window_start(rep, window, now) for window in TOUCH_WINDOWS)
    minutes = list(roster.scheduled_minutes(rep, longest, now))
    for window in TOUCH_WINDOWS:
        start = roster.window_start(rep, window, now)
        counts = defaultdict(int)
        for minute, team in minutes:
            counts[team] += minute >= start
        for team, count in counts.items():
            for channel in CHANNELS:
                rate = roster.rate(rep, roster.floor_of_team(team), channel)
                found[rep, team, "expected_touches", window, channel] = count * rate
