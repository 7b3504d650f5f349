"""KPIs in words and in PromQL, for the pages that define them."""

from collections.abc import Sequence

from metrics.kpis import MIX_TOLERANCE, Kpi, Measure
from metrics.names import NUMBER_LABELS, metric


def formula(kpi: Kpi) -> str:
    """The KPI in names of measures."""
    if not kpi.is_ratio:
        return kpi.of.name
    per = " + ".join(measure.name for measure in kpi.per)
    return f"{kpi.of.name} / ({per})" if len(kpi.per) > 1 else f"{kpi.of.name} / {per}"


def target(kpi: Kpi) -> str:
    """The catalogue's target, and which side of it is good."""
    if kpi.target is None:
        better = {"at_least": "more is better", "at_most": "less is better", "near": "a mix"}
        own = "each floor may set its own" if kpi.is_ratio else "none"
        return f"{own}; {better[kpi.direction]}"
    target = f"{kpi.target * 100:g} %" if kpi.is_ratio else f"{kpi.target:g}"
    if kpi.direction == "near":
        return f"around {target}, within {MIX_TOLERANCE * 100:g} points"
    return f"{kpi.direction.replace('_', ' ')} {target}"


def promql(kpi: Kpi, by: Sequence[str]) -> str:
    """The KPI in the window it is first read in, by the labels *by*, over the exported series."""
    of = _sum(kpi.of, kpi.window, by)
    if not kpi.is_ratio:
        return of
    per = "\n  + ".join(_sum(measure, kpi.window, by) for measure in kpi.per)
    return f"{of}\n/ (\n  {per}\n  > 0\n)"


def _sum(measure: Measure, window: str, by: Sequence[str]) -> str:
    series = f'{metric(measure)}{{window="{window}"}}'
    return f"sum by ({', '.join(by)}) (max by ({NUMBER_LABELS}) ({series}))"
