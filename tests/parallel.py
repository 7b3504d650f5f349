"""How `make test` shares the tests out among its processes: long ones first, short ones last.

Tests of a file share what it makes once, so that a file goes to one process. Where they share
nothing and most of them wait for servers, every test goes by itself.
"""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

ALONE = ("tests/integration/", "tests/property/")
SHARING = tuple(  # servers or numbers that are made once for all tests of the file
    f"tests/integration/test_{name}.py"
    for name in (
        *("credentials", "dead_letters", "explain", "grafana", "replay", "replay_command"),
        "rights",
    )
)
LONG = (
    "tests/integration/test_replay.py",
    "tests/alerts/test_alerts.py",
    "tests/integration/test_grafana.py",
    "tests/integration/test_alerts.py",
    "tests/integration/test_other_logs.py",
    "tests/integration/test_rights.py",
    "tests/integration/",
    "tests/property/",
    "tests/alerts/",
    "tests/unit/test_loan_desk.py",
)


def rank(nodeid: str) -> int:
    """Where a test stands in line; the last ones are short, so that all processes end together."""
    ranks = (number for number, start in enumerate(LONG) if nodeid.startswith(start))
    return next(ranks, len(LONG))


def share_of(nodeid: str) -> str:
    """What goes to one process as a whole: a test, or a file."""
    if nodeid.startswith(ALONE) and not nodeid.startswith(SHARING):
        return nodeid
    return nodeid.partition("::")[0]


class LongFirst(LoadScopeScheduling):
    """Hands out tests in the order in which they were collected, by `share_of`."""

    def __init__(self, config: Any, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
