"""Rights on a Kafka that authorizes, as docs/kafka.md grants them to each command."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from tests.realkafka import ROOT


class Right(NamedTuple):
    """One operation on one resource, as a line of kafka-acls.sh grants it."""

    operation: str
    kind: str
    name: str
    is_prefix: bool

    def __str__(self) -> str:
        return f"{self.operation}-{self.kind}-{self.name}"

    def granted_to(self, user: str) -> AclBinding:
        """The entry that gives it to a user."""
        return self._entry(user, AclPermissionType.ALLOW)

    def denied_to(self, user: str) -> AclBinding:
        """The entry that takes it from a user, whatever else gives it."""
        return self._entry(user, AclPermissionType.DENY)

    def _entry(self, user: str, permission: AclPermissionType) -> AclBinding:
        operation = re.sub("(?<=[a-z])(?=[A-Z])", "_", self.operation).upper()
        return AclBinding(
            ResourceType[self.kind.upper()],
            self.name,
            ResourcePatternType.PREFIXED if self.is_prefix else ResourcePatternType.LITERAL,
            f"User:{user}",
            "*",
            AclOperation[operation],
            permission,
        )


def _rights(line: str) -> Iterator[Right]:
    """The rights that a line of kafka-acls.sh grants."""
    words = shlex.split(line)
    assert words[0] == "kafka-acls.sh", line
    given = list(pairwise(words))
    is_prefix = ("--resource-pattern-type", "prefixed") in given
    for kind in ("topic", "group"):
        for name in (value for option, value in given if option == f"--{kind}"):
            for operation in (value for option, value in given if option == "--operation"):
                yield Right(operation, kind, name, is_prefix)


def listed() -> dict[str, list[Right]]:
    """The rights of each command in docs/kafka.md."""
    text = (ROOT / "docs/kafka.md").read_text()
    blocks = re.findall(r"^### ([^\n]+)\n\n```sh\n(.+?)```", text, re.MULTILINE | re.DOTALL)
    return {name: [r for ln in block.splitlines() for r in _rights(ln)] for name, block in blocks}


def as_filter(binding: AclBinding) -> AclBindingFilter:
    """What finds this entry and no other."""
    return AclBindingFilter(
        *(binding.restype, binding.name, binding.resource_pattern_type),
        *(binding.principal, binding.host, binding.operation, binding.permission_type),
    )
