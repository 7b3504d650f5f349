"""docs/roster.md: every example is a roster, with the first block around it; so is access.md's."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.roster.file import parse_roster
from streams.roster.floor_entry import KNOWN as OF_FLOORS
from streams.roster.person_entry import KNOWN as OF_PEOPLE
from streams.roster.rep_entry import KNOWN as OF_REPS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "roster.md").read_text()
BOTH = PAGE + (DOCS / "access.md").read_text()
WHOLE, *EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", BOTH, re.M | re.S)


def _merged(whole: object, part: Any, depth: int = 3) -> object:
    """*whole* with the keys of *part*: sections, their entries, and the keys of these."""
    if not depth or not isinstance(whole, dict):
        return part
    return whole | {key: _merged(whole.get(key), value, depth - 1) for key, value in part.items()}


@pytest.mark.parametrize("example", ["", *EXAMPLES])
def test_every_example_is_accepted(example: str) -> None:
    whole, part = (yaml.load(text, Loader=yaml.BaseLoader) or {} for text in (WHOLE, example))

    read = parse_roster(yaml.safe_dump(_merged(whole, part)).encode())

    assert {*whole["reps"], *part.get("reps", {})} == set(read.reps)


SECTIONS = [("## Floors", OF_FLOORS), ("## Reps", OF_REPS), ("## People", OF_PEOPLE)]


@pytest.mark.parametrize(("heading", "known"), SECTIONS)
def test_the_tables_name_every_key(heading: str, known: tuple[str, ...]) -> None:
    table = PAGE.partition(f"{heading}\n")[2].partition("```")[0]
    cells = re.findall(r"^\| (`.*?`) \|", table, re.M)

    assert {key for cell in cells for key in re.findall(r"`(\w+)`", cell)} == set(known)
