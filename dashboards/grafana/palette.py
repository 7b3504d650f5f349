"""How Grafana panels look: colours that everybody can distinguish, words beside them, lines."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashboards.grafana.layout import Query, letter
from metrics.states import OFF_TARGET, ON_TARGET, TOO_FEW
from metrics.states import STATES as ALL
from metrics.states_promql import NO_TARGET

# Told apart with every common kind of colour blindness. Words always say the same as a colour.
GOOD, BAD, MUTED = ON_TARGET.colour, OFF_TARGET.colour, TOO_FEW.colour
LINES = (GOOD, "#E69F00", "#009E73", "#CC79A7", "#56B4E9", BAD, "#F0E442")
# By the state at the end of the name of a judged series, or before its goal, its colour. A team may
# be called by one of these words, or by one that holds it.
STATES = {
    f"(^| ){label.replace('?', chr(92) + '?')}(,|$)": colour
    for label, colour in [*((state.label, state.colour) for state in ALL), (NO_TARGET, MUTED)]
}

NOTHING = "–"
Words = Mapping[int, tuple[str, str]]  # by value, what is said instead, and its colour


def line_styles(queries: Sequence[Query], dashed: set[int]) -> Iterable[dict[str, Any]]:
    """Overrides: a colour for each query of one series, dashes for those of a target."""
    for index, query in enumerate(queries):
        properties: list[dict[str, Any]] = []
        if "{{" not in query.legend:
            properties.append(_colour(LINES[index % len(LINES)]))
        if index in dashed:
            style = {"fill": "dash", "dash": [10, 10]}
            properties.append({"id": "custom.lineStyle", "value": style})
        if properties:
            matcher = {"id": "byFrameRefID", "options": letter(index)}
            yield {"matcher": matcher, "properties": properties}


def steps(changes: Iterable[tuple[float, str]]) -> list[dict[str, Any]]:
    """Steps of thresholds; grafanalib writes the first as the word null."""
    return [{"color": GOOD, "value": None}, *({"color": c, "value": at} for at, c in changes)]


def mappings(words: Words) -> list[dict[str, Any]]:
    """Words instead of values, and a dash where there is none."""
    nothing = {"text": NOTHING, "index": len(words)}
    said = {
        str(value): {"text": word, "color": colour, "index": index}
        for index, (value, (word, colour)) in enumerate(words.items())
    }
    values = [{"type": "value", "options": said}] if said else []
    return [*values, {"type": "special", "options": {"match": "null+nan", "result": nothing}}]


def _colour(colour: str) -> dict[str, Any]:
    return {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}


def state_colours() -> list[dict[str, Any]]:
    """Overrides: the colour of a judged series, by the state in its name."""
    return [
        {"matcher": {"id": "byRegexp", "options": f"/{state}/"}, "properties": [_colour(colour)]}
        for state, colour in STATES.items()
    ]
