"""The Grafana dashboards as they are written to files, and what is asked in them."""

import json
from typing import Any

import pytest

from dashboards.grafana import definitions, floor, pipeline, rep, team
from dashboards.grafana.document import to_json
from dashboards.grafana.layout import Dashboard

DASHBOARDS = [module.DASHBOARD for module in (floor, team, rep, definitions, pipeline)]
FOR_ALL = [dashboard for dashboard in DASHBOARDS if dashboard is not rep.DASHBOARD]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


each_dashboard = pytest.mark.parametrize(
    "dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid
)


def written(dashboard: Dashboard) -> dict[str, Any]:
    return json.loads(to_json(dashboard))


def panels(dashboard: Dashboard, *kinds: str) -> list[dict[str, Any]]:
    """Panels as they are written, rows left out."""
    shown = [panel for panel in written(dashboard)["panels"] if panel["type"] != "row"]
    return [panel for panel in shown if not kinds or panel["type"] in kinds]


def exprs(dashboard: Dashboard) -> list[str]:
    document = written(dashboard)
    asked = [target["expr"] for panel in panels(dashboard) for target in panel.get("targets", ())]
    variables = document["templating"]["list"]
    asked += [variable["query"] for variable in variables if variable["type"] == "query"]
    return asked + [annotation["expr"] for annotation in document["annotations"]["list"]]
