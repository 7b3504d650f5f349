"""A real Prometheus deletes the series of a rep, as docs/forget.md says."""

import http.server
import json
import re
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.prometheus import needs
from tests.realkafka import ROOT, free_port
from tests.running import until

EXPORTED = b'floorpulse_touches{rep="ann"} 3\nfloorpulse_touches{rep="bob"} 7\n'


class _Exporter(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(EXPORTED)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def exporter() -> Iterator[int]:
    """Where two reps are exported."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Exporter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@contextmanager
def prometheus(home: Path, scraped: int) -> Iterator[str]:
    """The address of a Prometheus that scrapes a port, with its admin API."""
    config, address = home / "prometheus.yml", f"127.0.0.1:{free_port()}"
    job = {"job_name": "worker", "static_configs": [{"targets": [f"127.0.0.1:{scraped}"]}]}
    config.write_text(
        yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]})
    )
    command = [
        needs("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={home}/data",
        f"--web.listen-address={address}",
        "--web.enable-admin-api",
    ]
    with (home / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield address
    finally:
        process.terminate()
        process.wait(60)


def reps(address: str) -> set[str]:
    """The reps of whom there is a sample in the last hour."""
    asked = urllib.parse.urlencode({"query": "count_over_time(floorpulse_touches[1h])"})
    with urllib.request.urlopen(f"http://{address}/api/v1/query?{asked}", timeout=30) as page:
        found = json.load(page)["data"]["result"]
    return {series["metric"]["rep"] for series in found}


def calls() -> list[str]:
    """The calls of curl in the document."""
    text = (ROOT / "docs" / "forget.md").read_text().replace("\\\n", " ")
    return re.findall(r"^curl .+$", text, re.M)


def test_the_calls_of_the_document_delete_a_rep_and_nobody_else(tmp_path: Path) -> None:
    assert len(calls()) == 2
    with exporter() as port, prometheus(tmp_path, port) as address:
        until("both reps are there", lambda: reps(address) == {"ann", "bob"})
    with prometheus(tmp_path, free_port()) as address:  # the worker exports nobody any more
        until("Prometheus is ready", lambda: reps(address) == {"ann", "bob"})

        for call in calls():
            line = call.replace("127.0.0.1:9090", address)
            done = subprocess.run(
                [*("sh", "-c"), f"{line} --silent --output /dev/null --write-out '%{{http_code}}'"],
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout == "204"

        assert reps(address) == {"bob"}
