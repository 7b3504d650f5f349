"""What is refused where panels are made, and how a table asks."""

import pytest

from dashboards.grafana.layout import Dashboard, Line, Panel, Query
from dashboards.grafana.panels import Column, bar_gauge, stat, table, text, time_series


def test_the_rows_of_a_table_differ_by_what_is_shown_alone() -> None:
    made = table(
        *("A", "B", 24),
        Column(name="Team", label="team"),
        Column(name="X", query=Query(expr='x{window="5d"}')),
        Column(name="Y", query=Query(expr='y{window="20d"}')),
    )

    assert [query.expr for query in made.queries] == [
        'max by (team) (x{window="5d"})',
        'max by (team) (y{window="20d"})',
    ]


@pytest.mark.parametrize("expr", ["rate(x_total[5m])", "sum(increase(x_total[$__range]))"])
def test_a_rate_over_a_stretch_of_its_own_is_refused(expr: str) -> None:
    with pytest.raises(ValueError, match="rate_interval"):
        Query(expr=expr)


def test_a_unit_that_grafana_does_not_know_is_refused() -> None:
    for kind in (stat, bar_gauge, time_series):
        with pytest.raises(ValueError, match="unit"):
            kind("A", "B", 8, Query(expr="x"), unit="touches")
    with pytest.raises(ValueError, match="unit"):
        table("A", "B", 8, Column(name="X", query=Query(expr="x"), unit="touches"))


@pytest.mark.parametrize(("title", "help"), [("", "B"), ("A", "")])
def test_a_panel_without_words_is_refused(title: str, help: str) -> None:
    with pytest.raises(ValueError, match="without a title or a description"):
        text(title, help, 8, "prose")


def prose(width: int) -> Panel:
    return text("A", "B", width, "prose")


def test_panels_wider_than_the_screen_are_refused() -> None:
    Line(height=4, panels=[prose(12), prose(12)])
    with pytest.raises(ValueError, match="wider"):
        Line(height=4, panels=[prose(12), prose(13)])


@pytest.mark.parametrize("uid", ["", "Floor", "a" * 41])
def test_a_uid_that_grafana_does_not_take_is_refused(uid: str) -> None:
    with pytest.raises(ValueError, match="uid"):
        Dashboard(
            uid=uid, title="A", help="B", lines=[], tag="floorpulse", since="now-1h", refresh="30s"
        )
