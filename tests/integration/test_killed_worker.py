"""A worker that is killed leaves no files: neither where it runs nor in the temporary folder."""

import os
import subprocess
from pathlib import Path

from tests.build import NORTH
from tests.integration.conftest import Install
from tests.realkafka import free_port
from tests.running import FLOORPULSE, RunningWorker


def test_a_killed_worker_leaves_no_files(install_embedded: Install, tmp_path: Path) -> None:
    processor = install_embedded(NORTH, "2026-11-23T15:30:00+01:00")
    here, temporary, port = tmp_path / "here", tmp_path / "temporary", free_port()
    here.mkdir()
    temporary.mkdir()
    log = tmp_path / "killed.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [FLOORPULSE, "worker"],
            env={
                **processor.env,
                "FLOORPULSE_WORKER_PORT": str(port),
                "TMPDIR": os.fspath(temporary),
            },
            cwd=here,
            stdout=out,
            stderr=out,
        )
    worker = RunningWorker(process, port, log)
    processor.workers.append(worker)
    processor.ready(worker)

    worker.kill()

    assert not [*here.iterdir(), *temporary.iterdir()]
