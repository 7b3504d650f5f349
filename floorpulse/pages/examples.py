"""The examples in docs/ on events of the repository: what their commands print."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.settings import PREFIX

_TESTS = Path(__file__).parents[2] / "tests"  # of the checkout; the examples read its data
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def printed(page: str, line: int) -> str:
    """What the last command prints of the shell block that ends before *line* of a page."""
    above = "".join(page.splitlines(keepends=True)[:line])
    return f"```text\n{_printed(_SHELL.findall(above)[-1])}```"


@cache
def _printed(block: str) -> str:
    """Run the commands of a block in a directory of their own."""
    shown = ""
    with TemporaryDirectory() as home:
        Path(home, "tests").symlink_to(_TESTS)
        for command in block.replace("\\\n", " ").splitlines():
            shown = _run(command, home)
    return shown


def _run(command: str, home: str) -> str:
    """What a command prints, with no setting of ours; raises RuntimeError where it fails."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=home, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command} ends with {done.returncode}: {done.stderr}")
    return done.stdout
