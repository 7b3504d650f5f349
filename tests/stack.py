"""The files of docker compose as data, as compose reads them: merged, and variables filled in."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
PLAIN = ("docker-compose.yml",)
SECURE = ("docker-compose.yml", "docker-compose.secure.yml")
VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?P<kind>:[-?])?(?P<default>[^}]*)\})")
NEEDED = {"SECRETS": "./secrets"}  # what has no default


class _Loader(yaml.SafeLoader):
    """Knows compose's own tag for a list that replaces the one of the file before."""


class _Instead(list[Any]):
    pass


_Loader.add_constructor(
    "!override", lambda loader, node: _Instead(loader.construct_sequence(node, deep=True))
)


def services(files: tuple[str, ...], env: Mapping[str, str] = NEEDED) -> dict[str, dict[str, Any]]:
    """The services of the files, each a mapping."""
    return _whole(files, env)["services"]


def secret_files(files: tuple[str, ...], env: Mapping[str, str] = NEEDED) -> dict[str, str]:
    """By name, the file on this machine that holds a secret."""
    return {name: secret["file"] for name, secret in _whole(files, env)["secrets"].items()}


def binds(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(path on this machine, path in the container) of what is mounted from this machine."""
    for mount in service.get("volumes", ()):
        if isinstance(mount, dict):
            yield mount["source"], mount["target"]
        elif mount.startswith("."):
            source, target, _ = mount.split(":")
            yield source, target


def prepared(home: Path) -> Path:
    """A folder with all that the files name, as the two scripts make it."""
    copytree(ROOT / "docker", home / "docker")
    for name in ("dashboards", "floorpulse", "Dockerfile", *SECURE):
        (home / name).symlink_to(ROOT / name)
    for script in ("env.sh", "secure.sh"):
        subprocess.run([home / "docker" / script], check=True, capture_output=True)
    return home


def _whole(files: tuple[str, ...], env: Mapping[str, str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in files:
        loaded = yaml.load((ROOT / name).read_text(), _Loader)
        merged = _merged(merged, loaded)
    filled: dict[str, Any] = _filled(merged, env)
    return filled


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        both = {name: _merged(one[name], other[name]) for name in one.keys() & other.keys()}
        return {**one, **other, **both}
    if isinstance(one, list) and isinstance(other, list) and not isinstance(other, _Instead):
        # A command is one whole; of anything else there is more.
        return other if one[:1] == other[:1] == ["sh"] else [*one, *other]
    return other


def _filled(part: Any, env: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(value, env) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, env) for value in part]
    return VARIABLE.sub(lambda match: _value(match, env), part) if isinstance(part, str) else part


def _value(match: re.Match[str], env: Mapping[str, str]) -> str:
    if match["escaped"]:
        return "$"
    if match["name"] in env:
        return env[match["name"]]
    assert match["kind"] == ":-", match[0]
    return match["default"]
