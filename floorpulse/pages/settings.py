"""The page of the settings, from the settings themselves."""

from collections.abc import Iterable

from dashboards.kpi_page import table

INTRODUCTION = """\
# Settings

Settings come from the environment, one variable each. All processes of an installation are given
the same ones, except for ports. A value that is not of its form stops the process with one line,
and so does a variable beginning with `FLOORPULSE_` that is not listed here. A secret may stand in a
file, which the variable with `_FILE` at its end then names."""


def settings_page(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """The text of docs/settings.md, of (variable, default, form, help)."""
    heads = ("Variable", "Default", "Form", "What it is for")
    return f"{INTRODUCTION}\n\n{table(heads, map(_row, rows))}\n"


def _row(row: tuple[str, str, str, str]) -> tuple[str, ...]:
    variable, default, form, text = row
    name, _, more = variable.partition(" ")
    return f"`{name}` {more}".strip(), f"`{default}`" if default else "-", form, text
