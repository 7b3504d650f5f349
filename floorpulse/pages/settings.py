"""The generated part of docs/settings.md."""

from dashboards.markdown import table
from streams.settings import rows


def settings() -> str:
    """Every setting, as a table."""
    return table(("Variable", "Default", "Form", "What it is for"), map(_row, rows()))


def _row(row: tuple[str, str, str, str]) -> tuple[str, ...]:
    variable, default, form, text = row
    name, _, more = variable.partition(" ")
    return f"`{name}` {more}".strip(), f"`{default}`" if default else "-", form, text
