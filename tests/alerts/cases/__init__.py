"""Every alert where it fires, and beside it near misses where it does not."""

from tests.alerts.cases.content import CONTENT
from tests.alerts.cases.disqualification import DISQUALIFICATION
from tests.alerts.cases.floors import FLOORS
from tests.alerts.cases.gates import GATED
from tests.alerts.cases.kafka import KAFKA
from tests.alerts.cases.outages import OUTAGES
from tests.alerts.cases.reps import REPS
from tests.alerts.cases.rosters import ROSTERS
from tests.alerts.cases.scrapes import SCRAPES
from tests.alerts.cases.workers import WORKERS

CASES = (
    *DISQUALIFICATION,
    *FLOORS,
    *REPS,
    *GATED,
    *OUTAGES,
    *WORKERS,
    *KAFKA,
    *ROSTERS,
    *SCRAPES,
    *CONTENT,
)
