"""Markdown of the pages: tables, and names in code type."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    ruled = (heads, ["---"] * len(heads), *rows)
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in ruled)


def codes(names: Iterable[str]) -> str:
    """Names in code type, by comma; a dash for none."""
    return ", ".join(f"`{name}`" for name in names) or "-"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
