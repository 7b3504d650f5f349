"""Random rosters: hours of weeks, rotas and single dates, absences, ramps, in all combinations."""

import datetime as dt
import json

from hypothesis import strategies as st

from tests.strategies import NOW

_DATES = [str(NOW.date() + dt.timedelta(days)) for days in range(-20, 6)]
_MONDAYS = [day for day in _DATES if dt.date.fromisoformat(day).weekday() == 0]
_dates = st.sampled_from(_DATES)
_spans = st.sampled_from(
    ([], "06:00-11:30", "09:00-17:15", ["08:30-12:00", "12:45-17:00"], ["13:00-20:30"])
)
_late = _spans | st.just("22:00-04:00")  # of reps whose days start at 05:00


def _dated(spans: st.SearchStrategy) -> st.SearchStrategy[dict]:
    return st.dictionaries(_dates, spans, max_size=4)


def _week(spans: st.SearchStrategy) -> st.SearchStrategy[dict]:
    days = st.sampled_from(("mon", "tue-wed", "thu-fri", "sat", "sun"))
    return st.dictionaries(days, spans, min_size=1)


_rota = st.fixed_dictionaries(
    {"from": st.sampled_from(_MONDAYS), "weeks": st.lists(_week(_late), min_size=1, max_size=3)}
)
_channels = st.dictionaries(
    st.sampled_from(("call", "email", "inmail")), st.sampled_from((0, 7, 12.5, 40))
)


@st.composite
def _ramp(draw: st.DrawFn) -> list[dict]:
    starts = sorted(draw(st.sets(_dates, min_size=1, max_size=3)))
    return [{"from": start, **draw(_channels)} for start in starts]


@st.composite
def _absence(draw: st.DrawFn) -> dict:
    first, last = sorted((draw(_dates), draw(_dates)))
    if draw(st.booleans()):
        return {"from": first, "to": last}
    start, end = draw(st.sampled_from((("09:15", "11:00"), ("00:30", "02:30"), ("12:00", "23:00"))))
    return {"from": f"{first}T{start}", "to": f"{last}T{end}"}


@st.composite
def _floor(draw: st.DrawFn) -> dict:
    closed = draw(st.sets(_dates, max_size=3))
    dates = draw(_dated(_spans))
    optional = {"holidays": st.sampled_from(("AT", "US")), "targets": _channels}
    return {
        "zone": draw(st.sampled_from(("Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"))),
        "hours": draw(_week(_spans)),
        "closed": sorted(closed - {*dates}),
        "open": sorted(draw(st.sets(st.sampled_from(("2026-10-12", "2026-10-26")))) - closed),
        "dates": dates,
        "breaks": draw(st.sampled_from(([], ["12:30-13:00"], ["10:00-10:15", "15:00-15:20"]))),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


_rep = st.fixed_dictionaries(
    {"zone": st.sampled_from(("Europe/Amsterdam", "America/New_York"))},
    optional={
        "hours": _week(_late) | _rota,
        "breaks": st.sampled_from(([], ["11:00-11:45", "23:30-00:30"])),
        "targets": _channels | _ramp(),
        "dates": _dated(_late),
        "absences": st.lists(_absence(), max_size=2),
        "from": st.just("2026-10-14"),
        "to": st.just("2026-11-03"),
    },
)
_teams = st.sampled_from(
    (
        "hunters",
        [{"team": "hunters"}, {"from": "2026-10-29T10:30", "team": "sailors"}],
        [{"from": "2026-01-01", "team": "sailors"}, {"from": "2026-11-02", "team": "hunters"}],
    )
)


@st.composite
def rosters(draw: st.DrawFn) -> str:
    """The text of a roster of two floors and two reps, ana and bob."""
    reps = {
        rep: {"team": draw(_teams), "day_starts": "05:00", **draw(_rep)} for rep in ("ana", "bob")
    }
    return json.dumps(
        {
            "floors": {"north": draw(_floor()), "south": draw(_floor())},
            "teams": {"hunters": {"floor": "north"}, "sailors": {"floor": "south"}},
            "reps": reps,
        }
    )
