"""The JSON of a dashboard, with the defaults of the house: frame, variables, links, annotations.

grafanalib 0.7.1 writes the forms of several ages of Grafana at once. What is wrong for Grafana 11
and later is given by hand where its default is a trap, or pruned by `dashboards.grafana.clean`.
"""

import json
from typing import Any

from grafanalib import core as gl
from grafanalib._gen import DashboardEncoder

from dashboards.grafana import palette
from dashboards.grafana.clean import clean
from dashboards.grafana.layout import (
    Dashboard,
    Link,
    Panel,
    Position,
    Query,
    Variable,
    letter,
    placed,
)
from dashboards.grafana.queries import firing

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA_VERSION = 42  # the last one of this form of JSON


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
        panels=[_at(position, item) for position, item in placed(dashboard.lines)],
    )


def _at(position: Position, item: Panel | str) -> Any:
    grid = gl.GridPos(h=position.height, w=position.width, x=position.x, y=position.y)
    if isinstance(item, str):
        return gl.RowPanel(title=item, id=position.number, gridPos=grid)
    return item.make(
        title=item.title,
        description=item.help,
        id=position.number,
        gridPos=grid,
        dataSource=DATASOURCE,
        maxDataPoints=None,  # as many as there are pixels; grafanalib says 100
        targets=[_target(query, index) for index, query in enumerate(item.queries)],
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
