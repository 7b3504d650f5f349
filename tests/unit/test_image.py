"""The image is made of pinned parts, holds what it needs and no more, and runs without rights."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]

DOCKERFILE = (ROOT / "Dockerfile").read_text()
BUILD, FINAL = re.split(r"^FROM ", DOCKERFILE, flags=re.M)[1:]
PIN = re.compile(r"^([a-z0-9.-]+)==(.*?)(?: ;.*)? \\\n((?:    --hash=.*\n)+)", re.M)


def pins(name: str) -> dict[str, tuple[str, str]]:
    """{package: (version, hashes)} of a lock."""
    return {pin[0]: (pin[1], pin[2]) for pin in PIN.findall((ROOT / name).read_text())}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[=><]", requirement)[0].lower() for requirement in requirements}


def test_what_runs_is_pinned_as_in_the_lock_of_everything() -> None:
    everything, run = pins("requirements.lock"), pins("requirements-run.lock")

    assert run.items() < everything.items()
    lines = [e for e in (ROOT / "requirements-run.lock").read_text().splitlines() if "==" in e]
    assert len(run) == len(lines)


def test_what_runs_has_no_tools_for_work_on_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = set(pins("requirements-run.lock"))

    assert names(project["project"]["dependencies"]) <= run
    assert not names(project["dependency-groups"]["dev"]) & run


def test_its_bases_are_pinned_to_one_python() -> None:
    assert re.search(r"^ARG PYTHON=3\.11\.\d+$", DOCKERFILE, re.M)
    assert BUILD.startswith("python:${PYTHON}-bookworm AS build\n")
    assert FINAL.startswith("python:${PYTHON}-slim-bookworm\n")


def test_everything_that_is_fetched_is_checked_by_its_hash() -> None:
    for call in re.findall(r"pip (?:--python \S+ )?install ([^&]*)", BUILD.replace("\\\n", " ")):
        assert "--require-hashes" in call or "--no-index" in call
    assert "--no-build-isolation" in BUILD
    lock = (ROOT / "requirements.lock").read_text()
    assert re.search(r"^setuptools==.*\\\n    --hash=", lock, re.M)


def test_it_runs_without_rights_and_without_tools() -> None:
    assert re.findall(r"^USER (.*)$", FINAL, re.M) == ["10001:10001"]
    assert "pip uninstall --yes" in FINAL
    assert not re.search("apt-get|curl|gcc|pip install", FINAL)
    assert re.search(r"^HEALTHCHECK .*\n    CMD \[.*/livez", FINAL, re.M)
    assert FINAL.index("\nUSER ") < FINAL.index("\nENTRYPOINT")


def test_only_what_is_named_goes_into_it() -> None:
    rules = [e for e in (ROOT / ".dockerignore").read_text().splitlines() if e and e[0] != "#"]
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M)
        for word in line.split()[:-1]
    }

    assert rules[0] == "*"
    assert let_in == copied
    assert all((ROOT / path).exists() for path in copied)


def test_every_package_of_ours_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {
        package.rstrip("*")
        for package in project["tool"]["setuptools"]["packages"]["find"]["include"]
    }

    assert packages <= set(re.findall(r"^COPY (\w+) \w+$", BUILD, re.M))
