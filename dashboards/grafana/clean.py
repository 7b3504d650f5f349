"""Makes what grafanalib 0.7.1 writes what Grafana 11 and later read: pure functions on the JSON.

Keys of earlier ages are pruned, since a key at the root of a panel that Grafana does not know makes
it take the panel for one of Angular's and migrate it by guesses.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

_DASHBOARD = {"__inputs", "hideControls", "rows", "sharedCrosshair", "style"}
_PANEL = {"color", "columns", "editable", "error", "fontSize", "hideTimeOverride", "mappings"}
_NOT_OF_A_ROW = {
    *("datasource", "description", "fieldConfig", "links", "maxDataPoints", "targets"),
    *("transformations", "transparent"),
}
_TARGET = {"hide", "interval", "intervalFactor", "metric", "query", "step", "target"}
_VARIABLE = {"auto", "auto_count", "auto_min", "current", "options", "useTags"}

# For Grafana's dashboard-linter: the rules that are not kept, and why.
LINT = """\
exclusions:
  template-job-rule: &chosen
    reason: Floors, teams and reps are chosen; recorded series have no job.
  template-instance-rule: *chosen
  target-job-rule: &recorded
    reason: Recorded series have no job and no instance; the workers' own carry a prefix of ours.
  target-instance-rule: *recorded
"""


def clean(dashboard: Mapping[str, Any]) -> Json:
    """The dashboard without what is null or of an earlier age, and with what has to be there."""
    cleaned = _without(dashboard, _DASHBOARD)
    cleaned["panels"] = [_panel(panel) for panel in cleaned["panels"]]
    cleaned["templating"] = {
        "list": [_variable(variable) for variable in cleaned["templating"]["list"]]
    }
    cleaned["links"] = [_without(link, () if link["url"] else {"url"}) for link in cleaned["links"]]
    cleaned["timepicker"] = _without(cleaned["timepicker"], {"time_options"})
    return cleaned


def _without(values: Mapping[str, Any], keys: Any) -> Json:
    return {key: value for key, value in values.items() if key not in keys and value is not None}


def _panel(panel: Mapping[str, Any]) -> Json:
    if panel["type"] == "row":
        return _without(panel, _PANEL | _NOT_OF_A_ROW)
    cleaned = _without(panel, _PANEL)
    if panel["type"] == "text":
        return _without(cleaned, {"datasource", "fieldConfig", "targets", "transformations"})
    cleaned["targets"] = [_target(target) for target in cleaned["targets"]]
    fields = cleaned["fieldConfig"]
    fields.setdefault("overrides", [])
    fields["defaults"] = _without(fields["defaults"], ())
    if panel["type"] == "table":
        custom = fields["defaults"]["custom"]
        custom["cellOptions"] = {"type": custom.pop("displayMode")}
        custom["inspect"] = False
        cleaned["options"]["frameIndex"] = 0
    return cleaned


def _target(target: Mapping[str, Any]) -> Json:
    """Either an instant or a range, said in both ways that Grafana asks for."""
    return _without(target, _TARGET) | {"range": not target["instant"]}


def _variable(variable: Mapping[str, Any]) -> Json:
    cleaned = _without(variable, _VARIABLE)
    if cleaned["type"] == "query":
        cleaned["definition"] = cleaned["query"]
    if cleaned["includeAll"]:
        cleaned["current"] = {"text": ["All"], "value": ["$__all"]}
    return cleaned
