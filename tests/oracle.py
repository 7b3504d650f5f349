"""An independent recount, written from the definitions alone: slow, naive, and sharing no code.

It reads the same JSON events and the same roster text as the product, keeps everything as plain
Python data, and answers every number by looking at all events again.
"""

import datetime as dt
import json
from collections import Counter, defaultdict
from functools import cache

from tests.oracle_events import KIND, REACHED, Rejected, joined, read
from tests.oracle_roster import Roster

UTC = dt.UTC
TOUCH_TOPICS = {topic: kind for topic, kind in KIND.items() if kind != "lead"}
CHANNELS = tuple(TOUCH_TOPICS.values())
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=UTC)
TOUCH_WINDOWS = ("15m", "1h", "4h", "today", "2d", "5d", "20d")
CONTACT_WINDOWS = ("today", "2d", "5d", "20d")
LEAD_WINDOWS = ("1h", "4h", "today", "2d", "5d", "20d", "90d")
COHORT_WINDOWS = ("today", "5d", "20d", "90d")


def instant(text):
    return dt.datetime.fromisoformat(text)


def minute_of(when):
    return when.astimezone(UTC).replace(second=0, microsecond=0)


def rank_of(event):
    """The larger one is the newer version of an id, whatever the order of arrival."""
    version, noted, retracted = event["version"], event["recorded_at"], event["retracted"]
    return (
        retracted and version is None and noted is None,
        version is not None,
        version or 0,
        dt.timedelta(-1) if noted is None else noted - EARLIEST,
        retracted,
        -unknown_words(event),
        tie_break(event),
        event["at"],
    )


def unknown_words(event):
    is_lead = event["topic"] == "lead-status"
    names = ("status", "origin") if is_lead else ("direction", "outcome")
    return sum(event[name] is None for name in names)


def tie_break(event):
    """Compact JSON of the decoded fields; a word that nobody knows is `unknown`, or `other`."""
    fields = dict(event)
    for name in ("direction", "outcome", "status", "origin"):
        if name in fields:
            fields[name] = fields[name] or ("other" if name == "origin" else "unknown")
    for name in ("at", "recorded_at"):
        if fields[name] is not None:
            fields[name] = (fields[name] - EARLIEST) // dt.timedelta(milliseconds=1)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_late(event, now):
    """Whether an event, read or as it was sent, is a touch from before all that is kept."""
    at = event["at"] if isinstance(event["at"], dt.datetime) else instant(event["at"])
    return event["topic"] != "lead-status" and at < now - dt.timedelta(days=60)


@cache
def words_of(roster_text):
    return Roster(roster_text).read.get("words", {})


def read_or_reasons(event, now, roster_text):
    """An event's plain values and no reasons, or none and all reasons why it is no event."""
    try:
        return read(event, now, words_of(roster_text)), ()
    except Rejected as rejected:
        return {}, rejected.reasons


def newest(events, now, words, forgotten=()):
    """The newest version of every record a worker at *now* accepts, without who is forgotten."""
    kept = {}
    for given in events:
        try:
            event = read(given, now, words)
        except Rejected:
            continue
        if is_late(event, now):
            continue
        event = without(event, forgotten)
        if event is None:
            continue
        owner = event["lead_id"] if event["topic"] == "lead-status" else event["rep_id"]
        key = (event["topic"], owner, event["id"])
        rank = rank_of(event)
        if key not in kept or rank > kept[key][0]:
            kept[key] = (rank, event)
    return [event for _, event in kept.values() if not event["retracted"]]


def without(event, forgotten):
    """An event as it is kept of people who were *forgotten*: (rep or contact, id, until when)."""
    gone = {(who, person) for who, person, until in forgotten if event["at"] <= until}
    if event["topic"] != "lead-status":
        if ("rep", event["rep_id"]) in gone:
            return None
        is_gone = ("contact", event["contact_id"]) in gone
        return {**event, "contact_id": None} if is_gone else event
    left = dict(event)
    if ("rep", event["rep_id"]) in gone:
        left["rep_id"] = ""
    if ("rep", event["decided_by"]) in gone:
        left["decided_by"] = None
    if ("contact", event["contact_id"]) in gone:
        left["contact_id"] = None
    return event if left == event else {**left, "reason": None}


def is_touch(event):
    if event.get("automated"):
        return False
    if event["direction"] == "outbound":
        return True
    is_answered = event["topic"] == "calls" and event["outcome"] == "human"
    return event["direction"] == "inbound" and is_answered


def is_effective(event, rule):
    if event["topic"] == "calls":
        talk, disposition = event["talk_seconds"], event["disposition"]
        listed = [joined(each) for each in rule["dispositions"]]
        return event["outcome"] == "human" and (
            (disposition is not None and joined(disposition) in listed)
            or (talk is not None and talk >= rule["talk_seconds"])
        )
    return event["direction"] == "outbound" and event["outcome"] in REACHED[event["topic"]]


def place_of(change):
    """Where a change stands among those of its lead."""
    ranks = ("created", "working", "delivered", "no_show", "cancelled", "accepted", "reopened")
    same = {"rescheduled": "no_show", "rejected": "accepted"}
    status = same.get(change["status"], change["status"])
    rank = ranks.index(status) if status in ranks else 100 + (status == "merged")
    at, noted = change["at"], change["recorded_at"] or change["at"]
    return at, rank, noted, len(change["id"].encode()), change["id"]


def lead_facts(changes):
    """(measure, rep, at, earned, extra) of one lead's newest changes."""
    changes = sorted((c for c in changes if c["status"]), key=place_of)
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
        at = created["at"]
        yield "leads_created", created["rep_id"], at, at, created["contact_id"]
        if created["origin"]:
            yield "leads_" + created["origin"], created["rep_id"], at, at, None
    if outcome and outcome["status"] == "won":
        won = outcome["at"]
        if created:
            born = created["at"]
            yield "leads_won", created["rep_id"], won, born, None
            yield "cohort_leads_won", created["rep_id"], born, born, None
        else:
            yield "leads_won", outcome["rep_id"], won, won, None


def _appointment_facts(units):
    for unit in units:
        rep, at = unit["delivered"]["rep_id"], unit["delivered"]["at"]
        yield "cohort_delivered", rep, at, at, None
        if unit["state"] == "undecided":
            yield "cohort_pending", rep, at, at, None
        elif unit["decision"]:
            decided = unit["decision"]
            yield f"cohort_{unit['state']}", rep, at, at, None
            yield f"appointments_{unit['state']}", rep, decided["at"], at, decided


def recount(events, roster_text, now, *, with_expected=True, forgotten=()):
    """{(rep, team, measure, window, channel): value} of everything that is not zero.

    *events* are dictionaries with their `topic`, or pairs of a topic and the bytes of a record.

    *forgotten* are people, as `without` takes them.

    Expectations are looked up minute by minute, which is slow: they can be left out.
    """
    roster = Roster(roster_text)
    live = newest(events, now, words_of(roster_text), forgotten)
    now = minute_of(now)
    touches = [e for e in live if e["topic"] in TOUCH_TOPICS and is_touch(e)]
    leads = defaultdict(list)
    for event in live:
        if event["topic"] == "lead-status":
            leads[event["lead_id"]].append(event)
    facts = [(lead, fact) for lead, changes in leads.items() for fact in lead_facts(changes)]
    reps = {str(rep) for rep in roster.read.get("reps", {})}
    touches = [e for e in touches if not roster.is_system(e["rep_id"])]
    reps |= {e["rep_id"] for e in touches} | {fact[1] for _, fact in facts}
    numbers = defaultdict(float)
    for rep in sorted(reps):
        _touches(numbers, roster, rep, [e for e in touches if e["rep_id"] == rep], now)
        _contacts(numbers, roster, rep, touches, facts, now)
        _facts(numbers, roster, rep, [(lead, f) for lead, f in facts if f[1] == rep], now)
        if with_expected:
            _expected(numbers, roster, rep, now)
    return {key: value for key, value in numbers.items() if value}


def _touches(numbers, roster, rep, touches, now):
    for window in TOUCH_WINDOWS:
        start = roster.window_start(rep, window, now)
        for event in touches:
            at = event["at"]
            if not start <= minute_of(at) <= now:
                continue
            team, channel = roster.team_at(rep, at), TOUCH_TOPICS[event["topic"]]
            numbers[rep, team, "touches", window, channel] += 1
            if is_effective(event, roster.rule(roster.floor_at(rep, at))):
                numbers[rep, team, "effective_touches", window, channel] += 1


def _contacts(numbers, roster, rep, touches, facts, now):
    for window in CONTACT_WINDOWS:
        start = roster.window_start(rep, window, now)
        reached, created = defaultdict(set), defaultdict(set)
        for event in touches:
            at = event["at"]
            if event["rep_id"] != rep or not start <= minute_of(at) <= now:
                continue
            team = roster.team_at(rep, at)
            rule = roster.rule(roster.floor_at(rep, at))
            if event["contact_id"] is not None and is_effective(event, rule):
                reached[team].add(event["contact_id"])
        for _, (measure, who, at, earned, contact) in facts:
            if measure != "leads_created" or who != rep or contact is None:
                continue
            if start <= minute_of(at) <= now:
                created[roster.team_at(rep, earned)].add(contact)
        for team, contacts in reached.items():
            numbers[rep, team, "contacts", window, None] = len(contacts)
            numbers[rep, team, "contacts_converted", window, None] = len(contacts & created[team])


def _facts(numbers, roster, rep, facts, now):
    capped = defaultdict(list)
    for lead, (measure, _, at, earned, extra) in facts:
        if minute_of(at) > now:
            continue
        if measure.startswith("appointments_"):
            slot = int(at.timestamp()) // 600
            capped[extra["decided_by"], slot].append((at, extra["id"], lead, measure, earned))
        windows = COHORT_WINDOWS if measure.startswith("cohort_") else LEAD_WINDOWS
        _count(numbers, roster, rep, measure, at, earned, windows, now)
        if measure == "cohort_pending" and _is_overdue(roster, rep, at, earned, now):
            _count(numbers, roster, rep, "cohort_overdue", at, earned, COHORT_WINDOWS, now)
    for group in capped.values():
        for at, _, _, measure, earned in sorted(group)[:2]:
            _count(numbers, roster, rep, measure + "_capped", at, earned, LEAD_WINDOWS, now)


def _count(numbers, roster, rep, measure, at, earned, windows, now):
    for window in windows:
        if roster.window_start(rep, window, now) <= minute_of(at) <= now:
            numbers[rep, roster.team_at(rep, earned), measure, window, None] += 1


def _is_overdue(roster, rep, at, earned, now):
    floor = roster.stay(rep, earned)[2]
    day, today = roster.business_day(rep, at), roster.business_day(rep, now)
    waited = 0
    while day < today:
        day += dt.timedelta(days=1)
        waited += roster.is_open(floor, day)
    return waited > roster.floor(floor).get("decide_within_days", 5)


def _expected(numbers, roster, rep, now):
    longest = min(roster.window_start(rep, window, now) for window in TOUCH_WINDOWS)
    minutes = list(roster.scheduled_minutes(rep, longest, now))
    for window in TOUCH_WINDOWS:
        start = roster.window_start(rep, window, now)
        counts = Counter(
            (day, team, floor) for minute, day, team, floor in minutes if minute >= start
        )
        for (day, team, floor), count in counts.items():
            for channel in CHANNELS:
                rate = roster.rate(rep, floor, channel, day)
                numbers[rep, team, "expected_touches", window, channel] += count * rate
