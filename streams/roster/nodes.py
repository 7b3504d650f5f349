"""Walks the YAML nodes of a roster: a mistake is noted with its line, and the walk goes on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import yaml

T = TypeVar("T")
D = TypeVar("D")


@dataclass
class Nodes:
    """Reads nodes; `mistakes` are (line, message), so that all are reported at once."""

    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def note(self, node: yaml.Node | None, message: str) -> None:
        """Note a mistake at the line of *node*; without one, at the first."""
        self.mistakes.append((node.start_mark.line + 1 if node is not None else 1, message))

    def form(self, node: yaml.Node | None, parse: Callable[[str], T], default: D) -> T | D:
        """The value of a scalar, or *default* where there is none or it is mistaken."""
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.note(node, "expected a single value, not a list or a mapping")
            return default
        try:
            return parse(node.value)
        except ValueError as error:
            self.note(node, str(error))
            return default

    def list_of(self, node: yaml.Node | None, parse: Callable[[str], T]) -> list[T]:
        """The values of a list, or of a single value; mistaken ones are left out."""
        values = [self.form(item, parse, None) for item in items(node)]
        return [value for value in values if value is not None]

    def entries(
        self, node: yaml.Node | None, what: str, *, keys_are_lists: bool = False
    ) -> list[tuple[yaml.Node, yaml.Node]]:
        """The entries of a mapping; a key given twice is a mistake."""
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            self.note(node, f"{what}: expected a mapping, `name: value`")
            return []
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.note(key, f"{what}: {key.value!r} is given twice: keep one")
                seen.add(key.value)
            elif not keys_are_lists:
                self.note(key, f"{what}: expected a single name before the colon")
        return [
            (key, value)
            for key, value in node.value
            if keys_are_lists or isinstance(key, yaml.ScalarNode)
        ]

    def fields(
        self, node: yaml.Node | None, known: Sequence[str], what: str
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping with known keys; an empty or null value is as if not given."""
        given: dict[str, yaml.Node] = {}
        for key, value in self.entries(node, what):
            if key.value not in known:
                self.note(key, f"{what}: {key.value!r} is not known; known are {listed(known)}")
            elif not is_null(value):
                given[key.value] = value
        return given

    def numbers(
        self, node: yaml.Node | None, forms: Mapping[str, Callable[[str], float]], what: str
    ) -> dict[str, float]:
        """A mapping from the names of *forms* to numbers of their forms."""
        numbers: dict[str, float] = {}
        for key, value in self.entries(node, f"targets by {what}"):
            if key.value in forms:
                numbers[key.value] = self.form(value, forms[key.value], 0.0)
            else:
                self.note(key, f"{key.value!r} is not a {what}; known are {listed(forms)}")
        return numbers


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """The nodes of a list; of a single value, itself."""
    if node is None:
        return []
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def is_null(node: yaml.Node) -> bool:
    """Whether nothing is written, or YAML's null."""
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return plain and node.value in ("", "~", "null", "Null", "NULL")


def listed(names: Iterable[str]) -> str:
    """Names with commas; none at all as `none`."""
    return ", ".join(names) or "none"
