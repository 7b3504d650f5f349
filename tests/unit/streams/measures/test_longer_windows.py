"""What is kept follows from the catalogue: a window longer than all of today's counts everything.

In a process of its own, whose catalogue is changed before anything is computed from it.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
LONGER = """
from metrics import windows

window = windows.Window(name="70d", title="last 70 open days", open_days=70)
windows.WINDOWS += (window,)
windows.DAY_WINDOWS += (window,)

from metrics import kpis

for measure in (kpis.TOUCHES, kpis.CONTACTS, kpis.CONTACTS_CONVERTED, kpis.LEADS_CREATED):
    if measure.name in {measures}:
        object.__setattr__(measure, "windows", (*measure.windows, "70d"))

from tests.build import call, recount, status, value

# Some 84 days before: 69 open days of a floor with six a week, of which three were closed.
at = "2026-09-02T10:00:00+02:00"
counted = recount(
    [call(at=at, contact_id="k1"), status("created", at, contact_id="k1")],
    "2026-11-23T12:00:00+01:00",
)
for name in {measures}:
    print(name, value(counted, name, "70d", "call" if name == "touches" else None))
"""


def counted_by_a_catalogue_with_70_days(*measures: str) -> list[str]:
    script = LONGER.replace("{measures}", repr(measures))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_longer_window_of_touches_and_leads_counts_all_of_it() -> None:
    assert counted_by_a_catalogue_with_70_days("touches", "leads_created") == [
        "touches 1",
        "leads_created 1",
    ]


def test_a_longer_window_of_contacts_keeps_their_touches_and_days() -> None:
    assert counted_by_a_catalogue_with_70_days("contacts", "contacts_converted") == [
        "contacts 1",
        "contacts_converted 1",
    ]
