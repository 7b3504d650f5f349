"""Panels and dashboards of Grafana, with the defaults of the house; alone in knowing grafanalib.

grafanalib 0.7.1 writes the forms of several ages of Grafana at once. What is wrong for Grafana 11
and later is written here instead (bar gauges, steps of thresholds), given by hand where its default
is a trap, or pruned by `dashboards.grafana.clean`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from grafanalib import core as gl
from grafanalib import formatunits
from grafanalib._gen import DashboardEncoder

from dashboards.grafana import palette
from dashboards.grafana.clean import clean
from dashboards.grafana.layout import Dashboard, Link, Panel, Place, Query, Variable, letter, placed

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA_VERSION = 42  # the last one of this form of JSON
# Without one, Grafana takes a stat or a bar gauge for one of before 8 and migrates it: a percentage
# then gets a maximum of 1.
MADE_FOR = {"pluginVersion": "11.0.0"}

_UNITS = {value for value in vars(formatunits).values() if isinstance(value, str)}


def to_json(dashboard: Dashboard) -> str:
    """The text of the file that Grafana is provisioned with."""
    made = json.loads(json.dumps(_made(dashboard), cls=DashboardEncoder))
    return json.dumps(clean(made), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _made(dashboard: Dashboard) -> Any:
    alerts = dashboard.alerts
    return gl.Dashboard(
        uid=dashboard.uid,
        title=dashboard.title,
        description=dashboard.help,
        editable=False,
        graphTooltip=gl.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
        schemaVersion=SCHEMA_VERSION,
        tags=[dashboard.tag],
        # That of the person, else of the server, which takes the browser's: a file can name but
        # one, and floors are in several. docs/dashboards.md says where a floor's own is set.
        timezone="",
        time=gl.Time(dashboard.since, "now"),
        timePicker=gl.TimePicker(
            refreshIntervals=["5s", "10s", "30s", "1m", "5m"],
            timeOptions=None,
            hidden=dashboard.is_wall,
        ),
        refresh=dashboard.refresh,
        templating=gl.Templating([_datasource(), *map(_variable, dashboard.variables)]),
        annotations=gl.Annotations([] if alerts is None else [_annotation(alerts)]),
        links=[_link(link) for link in dashboard.links],
        panels=[_at(place, told) for place, told in placed(dashboard.lines)],
    )


def _at(place: Place, told: Panel | str) -> Any:
    grid = gl.GridPos(h=place.height, w=place.width, x=place.x, y=place.y)
    if isinstance(told, str):
        return gl.RowPanel(title=told, id=place.number, gridPos=grid)
    return told.make(
        title=told.title,
        description=told.help,
        id=place.number,
        gridPos=grid,
        dataSource=DATASOURCE,
        maxDataPoints=None,  # as many as there are pixels; grafanalib says 100
        targets=[_target(query, index) for index, query in enumerate(told.queries)],
    )


def _target(query: Query, index: int) -> Any:
    return gl.Target(
        expr=query.expr,
        legendFormat=query.legend,
        format="table" if query.is_table else "time_series",
        instant=query.is_instant,
        refId=letter(index),
        datasource=DATASOURCE,
    )


def _datasource() -> Any:
    return gl.Template(
        name="datasource", label="Data source", type="datasource", query="prometheus"
    )


def _variable(variable: Variable) -> Any:
    return gl.Template(
        name=variable.name,
        label=variable.label,
        query=variable.query,
        dataSource=DATASOURCE,
        hide=gl.HIDE_VARIABLE if variable.is_hidden else gl.SHOW,
        multi=variable.is_multi,
        includeAll=variable.is_multi,
        allValue=".*" if variable.is_multi else None,
        refresh=gl.REFRESH_ON_TIME_RANGE_CHANGE,
    )


def _annotation(matchers: str) -> dict[str, object]:
    return {
        "name": "Alerts",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": palette.BAD,
        "expr": firing(matchers),
        "titleFormat": "{{alertname}}",
        "textFormat": "{{floor}} {{team}}",
        "step": "60s",
    }


def firing(matchers: str) -> str:
    """The alerts that fire, of those that fit the *matchers*."""
    both = ", ".join(filter(None, ('alertstate="firing"', matchers)))
    return f"ALERTS{{{both}}}"


def _link(link: Link) -> Any:
    return gl.DashboardLink(
        title=link.title,
        type="link" if link.uid else "dashboards",
        uri=f"/d/{link.uid}" if link.uid else "",
        tags=[link.tag] if link.tag else [],
        icon="dashboard",
        keepTime=True,
        includeVars=True,
    )


# -- the kinds of panels


def stat(
    title: str,
    help: str,
    width: int,
    *queries: Query,
    unit: str,
    decimals: int | None = None,
    words: palette.Words | None = None,
    steps: Sequence[tuple[float, str]] = (),
    is_judged: bool = False,
    name_size: int | None = None,
) -> Panel:
    """Big numbers. Those of a judged query are coloured by the state in their name."""
    options: dict[str, Any] = {
        "wideLayout": False,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
    if name_size:
        options["text"] = {"titleSize": name_size}
    make = partial(
        gl.Stat,
        format=_known(unit),
        decimals=decimals,
        mappings=palette.mappings(words or {}),
        thresholds=palette.steps(steps),
        color={"mode": "thresholds"},
        colorMode="background_solid" if is_judged else "value",
        graphMode="none",
        textMode="value_and_name" if any(query.legend for query in queries) else "value",
        alignment="center",
        reduceCalc="lastNotNull",
        noValue=palette.NOTHING,
        overrides=palette.state_colours() if is_judged else [],
        extraJson={"options": options, **MADE_FOR},
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


class _BarGauge(gl.Panel):  # type: ignore[misc]
    """grafanalib's own writes the form of Grafana 6."""

    def to_json_data(self) -> Any:
        return self.panel_json({"type": "bargauge"})


def bar_gauge(
    title: str, help: str, width: int, *queries: Query, unit: str, decimals: int | None = None
) -> Panel:
    """Bars below each other, coloured by the state in their name."""
    defaults = {
        "unit": _known(unit),
        "decimals": decimals,
        "min": 0,
        "color": {"mode": "thresholds"},
        "mappings": palette.mappings({}),
        "noValue": palette.NOTHING,
    }
    options = {
        "displayMode": "basic",
        "valueMode": "text",
        "namePlacement": "left",
        "showUnfilled": True,
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 48,
        "orientation": "horizontal",
        "legend": {
            "showLegend": False,
            "displayMode": "hidden",
            "placement": "bottom",
            "calcs": [],
        },
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    fields = {"defaults": defaults, "overrides": palette.state_colours()}
    made = {"fieldConfig": fields, "options": options, **MADE_FOR}
    make = partial(_BarGauge, thresholds=palette.steps(()), extraJson=made)
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


def time_series(
    title: str,
    help: str,
    width: int,
    *queries: Query,
    unit: str,
    dashed: Iterable[int] = (),
    repeat: str = "",
    since: str | None = None,
) -> Panel:
    """Lines through time; those of the queries *dashed*, by index, are what is aimed at.

    Each query has its own colour. One of several series is coloured by Grafana, with a table of
    their last values. With *repeat* there is a panel for each value of that variable, and *since*
    is a range of its own.
    """
    are_many = any("{{" in query.legend for query in queries)
    make = partial(
        gl.TimeSeries,
        unit=_known(unit),
        lineWidth=2,
        showPoints="never",
        lineInterpolation="stepAfter",
        axisSoftMin=0,
        legendDisplayMode="table" if are_many else "list",
        legendPlacement="right" if are_many else "bottom",
        legendCalcs=["lastNotNull"],
        tooltipMode="multi",
        tooltipSort="desc",
        thresholds=palette.steps(()),
        overrides=list(palette.line_styles(queries, set(dashed))),
        timeFrom=since,
        repeat=gl.Repeat("h", repeat, 4) if repeat else gl.Repeat(),
        extraJson={
            "fieldConfig": {"defaults": {"noValue": palette.NOTHING}},
            "options": {"legend": {"showLegend": True}},
        },
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


def state_timeline(
    title: str, help: str, width: int, *queries: Query, words: palette.Words
) -> Panel:
    """palette.Words through time, a row for each series."""
    make = partial(
        gl.StateTimeline,
        mappings=palette.mappings(words),
        thresholds=palette.steps(()),
        extraJson={
            "fieldConfig": {"defaults": {"unit": "none", "noValue": palette.NOTHING}},
            "options": {
                "legend": {"showLegend": False, "calcs": []},
                "tooltip": {"sort": "none"},
            },
        },
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: the `label` of that name, or the value of a `query`."""

    name: str
    label: str = ""
    query: Query | None = None
    unit: str = "none"
    decimals: int | None = None
    words: palette.Words | None = None


def table(title: str, help: str, width: int, *columns: Column, query: Query | None = None) -> Panel:
    """A row for each set of labels that is found now, with the values that the columns ask for.

    Where no column asks, *query* finds the rows.
    """
    asking = [column for column in columns if column.query is not None]
    asked = [column.query for column in asking if column.query] or ([query] if query else [])
    by = ", ".join(column.label for column in columns if column.label)
    # Another label, a name even, would keep rows apart that belong together.
    queries = [
        replace(each, expr=f"max by ({by}) ({each.expr})", is_instant=True, is_table=True)
        for each in asked
    ]
    names = [
        f"Value #{letter(index)}" if len(queries) > 1 else "Value" for index in range(len(asked))
    ]
    source = {column.name: column.label for column in columns}
    source |= {column.name: name for column, name in zip(asking, names, strict=False)}
    hidden = ["Time"] if asking else ["Time", "Value"]
    organize = {
        "excludeByName": dict.fromkeys(hidden, True),
        "includeByName": {},
        "indexByName": {name: index for index, name in enumerate(source.values())},
        "renameByName": {name: column for column, name in source.items()},
    }
    make = partial(
        gl.Table,
        unit="none",
        thresholds=palette.steps(()),
        overrides=[_cells(column) for column in asking],
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": organize},
        ],
        extraJson={
            "fieldConfig": {
                "defaults": {"color": {"mode": "thresholds"}, "noValue": palette.NOTHING}
            },
        },
    )
    return Panel(title=title, help=help, width=width, queries=queries, make=make)


def _cells(column: Column) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"id": "unit", "value": _known(column.unit)}]
    if column.decimals is not None:
        properties.append({"id": "decimals", "value": column.decimals})
    if column.words:
        properties.append({"id": "mappings", "value": palette.mappings(column.words)})
    return {"matcher": {"id": "byName", "options": column.name}, "properties": properties}


def text(title: str, help: str, width: int, markdown: str) -> Panel:
    """Prose."""
    make = partial(gl.Text, content=markdown, mode="markdown")
    return Panel(title=title, help=help, width=width, queries=(), make=make)


def _known(unit: str) -> str:
    """grafanalib takes any, and Grafana then shows it behind the number."""
    if unit not in _UNITS:
        raise ValueError(f"not a unit of Grafana: {unit!r}")
    return unit
