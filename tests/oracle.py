"""An independent recount, written from the definitions alone: slow, naive, and sharing no code.

It reads the same JSON events and the same roster text as the product, keeps everything as plain
Python data, and answers every number by looking at all events again.
"""

import datetime as dt
import json
from collections import Counter, defaultdict

from tests.oracle_roster import Roster

UTC = dt.UTC
TOUCH_TOPICS = {"calls": "call", "emails": "email", "inmails": "inmail"}
CHANNELS = tuple(TOUCH_TOPICS.values())
STATUSES = {
    *("created", "working", "delivered", "accepted", "rejected", "reopened"),
    *("no_show", "cancelled", "rescheduled", "won", "lost", "merged"),
}
OUTCOMES = {
    "calls": {"human", "voicemail", "no_answer", "busy", "wrong_number", "failed"},
    "emails": {"sent", "bounced", "replied", "auto_replied"},
    "inmails": {"sent", "accepted", "declined", "replied"},
}
REACHED = {  # where no talk is asked for
    "emails": ("sent", "replied", "auto_replied"),
    "inmails": ("sent", "accepted", "replied"),
}
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
    return event["direction"] == "outbound" and event.get("outcome") in REACHED[event["topic"]]


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
        yield "leads_created", rep_of(created), at, at, created.get("contact_id")
        if created.get("origin") in ("inbound", "outbound"):
            yield "leads_" + created["origin"], rep_of(created), at, at, None
    if outcome and outcome["status"] == "won":
        won = instant(outcome["at"])
        if created:
            born = instant(created["at"])
            yield "leads_won", rep_of(created), won, born, None
            yield "cohort_leads_won", rep_of(created), born, born, None
        else:
            yield "leads_won", rep_of(outcome), won, won, None


def _appointment_facts(units):
    for unit in units:
        rep, at = rep_of(unit["delivered"]), instant(unit["delivered"]["at"])
        yield "cohort_delivered", rep, at, at, None
        if unit["state"] == "undecided":
            yield "cohort_pending", rep, at, at, None
        elif unit["decision"]:
            decided = unit["decision"]
            yield f"cohort_{unit['state']}", rep, at, at, None
            yield f"appointments_{unit['state']}", rep, instant(decided["at"]), at, decided


def rep_of(event):
    """Who did it; "" where no person did."""
    return event.get("rep_id", "")


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
            at = instant(event["at"])
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
            at = instant(event["at"])
            if event["rep_id"] != rep or not start <= minute_of(at) <= now:
                continue
            team = roster.team_at(rep, at)
            rule = roster.rule(roster.floor_at(rep, at))
            if event.get("contact_id") is not None and is_effective(event, rule):
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
            capped[extra.get("decided_by"), slot].append((at, extra["id"], lead, measure, earned))
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
