"""All that `explain` says of an event and of an answer, by the source, has a form in Dutch."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

from dashboards.wall.explain_tables import answer_lines
from dashboards.wall.explanation import read
from dashboards.wall.language import speaking
from floorpulse import changelogs
from floorpulse.text import answer
from streams import audit
from tests.explaining import AT, explanation

ANY = "7"  # stands for what is known only when the program runs
# Details that are a word of the contract or a name on the roster, the same in any language.
NAMES = {
    "word(change.origin)",
    "word(by.status)",
    "word(touch.outcome)",
    "evidence.roster.rep(fact.rep_id).title",
    "team",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def calls(tree: ast.AST, name: str) -> Iterator[tuple[ast.Call, Function]]:
    """Calls of a function of that name, each with the one that it stands in."""
    for function in ast.walk(tree):
        if isinstance(function, Function):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                    yield node, function


def texts(node: ast.expr, function: Function) -> list[str]:
    """The texts that an expression may make."""
    match node:
        case ast.Constant(value=value):
            return [] if value is None else [str(value)]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*(texts(one, function) for one in values))]
        case ast.FormattedValue(value=value):
            return texts(value, function)
    parts = parts_of(node, function)
    return [text for part in parts for text in texts(part, function)] if parts else [ANY]


def parts_of(node: ast.expr, function: Function) -> list[ast.expr]:
    """The expressions of which one is the value of *node*."""
    match node:
        case ast.IfExp(body=body, orelse=other):
            return [body, other]
        case ast.BoolOp(values=values):
            return values
        case ast.Name(id=name):
            made = (one for one in ast.walk(function) if isinstance(one, ast.Assign))
            return [one.value for one in made if ast.unparse(one.targets[0]) == name]
    return []


def details() -> Iterator[str]:
    """Every detail of a `Why` that is not a name."""
    for source in Path(audit.__path__[0]).glob("*.py"):
        for call, function in calls(ast.parse(source.read_text()), "Why"):
            for detail in call.args[1:2]:
                if ast.unparse(detail) not in NAMES:
                    yield from texts(detail, function)


def tree_of(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def notes() -> Iterator[str]:
    """Every line about what may be missing, from the changelogs and the answer."""
    for call, function in calls(tree_of(changelogs), "say"):
        yield from texts(call.args[0], function)
    [gone] = [
        node
        for node in ast.walk(tree_of(answer))
        if isinstance(node, Function) and node.name == "what_is_gone"
    ]
    for node in ast.walk(gone):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.List):
            for one in node.value.elts:
                yield from texts(one, gone)


def shown(language: str, found: Iterable[dict], said: Iterable[str]) -> str:
    document = explanation(left_out=list(found), notes=list(said))
    with speaking(language):  # type: ignore[arg-type]
        return "\n".join(answer_lines(read(document)))


def left(detail: str) -> list[dict]:
    event = {"at": AT, "id": "x", "team": "t"}
    return [{"reason": "capped", "why": "w", "detail": detail, "event": event}]


def test_the_source_has_as_many_as_it_had() -> None:
    """Or the reading of the source would find nothing, and every other test here be empty."""
    assert len(set(details())) >= 17
    assert len(set(notes())) >= 3


@pytest.mark.parametrize("detail", sorted(set(details())))
def test_every_detail_is_said_in_dutch(detail: str) -> None:
    assert f"w: {detail}</td>".replace("'", "&#x27;") in shown("en", left(detail), [])
    assert f"w: {detail}</td>".replace("'", "&#x27;") not in shown("nl", left(detail), [])
    assert " none" not in shown("nl", left(detail), [])


@pytest.mark.parametrize("note", sorted(set(notes())))
def test_every_note_is_said_in_dutch(note: str) -> None:
    assert f">{note}</p>" in shown("en", [], [note])
    assert f">{note}</p>" not in shown("nl", [], [note])
    assert "may be missing" not in shown("nl", [], [note])


def test_the_time_of_a_note_is_said_as_the_others_of_the_page() -> None:
    note = f"touches of before {AT} are kept no more; some may be missing"
    assert "van vóór 2026-11-23 15:00:00 worden niet meer bewaard" in shown("nl", [], [note])
