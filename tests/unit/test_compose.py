"""What docker compose starts: pinned, closed, and each file, host and setting of it exists."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from dashboards.door.passes import Identity
from floorpulse.access.issuer import issuer_of
from floorpulse.access.links import door_of, link_of
from floorpulse.access.roster_file import RosterFile
from floorpulse.cli import main
from streams.settings import Settings, rows
from tests.prometheus import ask
from tests.stack import NEEDED, PLAIN, ROOT, SECURE, VARIABLE, binds, prepared, secret_files
from tests.stack import services as services_of

Services = dict[str, dict[str, Any]]
BUILT = ROOT / ".tools" / "docker-compose"  # by `make compose`
TOKEN = "/run/secrets/metrics_token"
OWN = {"topics", "worker", "wall", "simulator", "alerting"}  # run floorpulse itself

both_stacks = pytest.mark.parametrize("files", [PLAIN, SECURE], ids=["plain", "secure"])


@pytest.fixture(params=[PLAIN, SECURE], ids=["plain", "secure"], name="services")
def _services(request: pytest.FixtureRequest) -> Services:
    return services_of(request.param)


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("stack"))


@pytest.fixture(name="alerting")
def _alerting(tmp_path: Path) -> Path:
    """What the service of alerting writes, by its own command; the token is beside it."""
    service = services_of(PLAIN)["alerting"]
    (tmp_path / "metrics_token").write_text("a token")
    here = {"/etc/alerting": str(tmp_path), TOKEN: str(tmp_path / "metrics_token")}
    command = [here.get(word, word) for word in service["command"]]
    env = {n: v for n, v in service["environment"].items() if not n.endswith("_FILE")}
    written = CliRunner(env=env).invoke(main, command)
    assert written.exit_code == 0, written.output
    return tmp_path


# -- versions, rights, ports


def test_every_image_is_pinned_and_ours_and_the_broker_are_those_that_are_tested(
    services: Services,
) -> None:
    pom = (ROOT / "tests" / "kafka.pom.xml").read_text()
    kafka = re.search(r"<artifactId>kafka_2.13</artifactId><version>([\d.]+)<", pom)
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    for name, service in services.items():
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"]), name
    assert kafka
    assert services["kafka"]["image"] == f"apache/kafka:{kafka[1]}"
    assert {services[name]["image"] for name in OWN} == {f"floorpulse:{ours}"}


def test_no_container_has_rights_that_it_does_not_need(services: Services) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.keys() & {"privileged", "cap_add", "network_mode", "pid", "ipc"}, name
        assert name in OWN or int(service["user"].split(":")[0]) > 0, name
        assert not any("docker.sock" in source for source, _ in binds(service)), name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name


def test_ports_are_open_on_loopback_alone(services: Services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]

    assert len(ports) == 5
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_an_invented_floor_starts_only_when_asked_for(services: Services) -> None:
    assert [name for name, service in services.items() if "profiles" in service] == ["simulator"]


def test_what_has_to_outlive_a_container_is_in_a_named_volume(services: Services) -> None:
    for name, folder in (
        ("kafka", "/var/lib/kafka/data"),
        ("prometheus", "/prometheus"),
        ("alertmanager", "/alertmanager"),
        ("grafana", "/var/lib/grafana"),
    ):
        assert f"{name}:{folder}" in services[name]["volumes"]


# -- secrets


def test_no_secret_stands_in_a_variable(services: Services) -> None:
    for name, service in services.items():
        for variable in service.get("environment", {}):
            is_secret = re.search("PASSWORD|SECRET|TOKEN", variable)
            assert not is_secret or variable.endswith("_FILE"), (name, variable)


# -- variables, settings, mounts, hosts


def test_every_variable_has_a_default_or_says_what_to_do_and_is_in_the_docs() -> None:
    text = "".join((ROOT / file).read_text() for file in SECURE)
    found = [match for match in VARIABLE.finditer(text) if match["name"]]
    page = (ROOT / "docs" / "deployment.md").read_text()
    documented = {
        name
        for line in re.findall(r"^\| (`.*?)\|", page, re.M)
        for name in re.findall("`([A-Z_]+)`", line)
    }

    for match in found:
        has_default = match["kind"] == ":-" and match["default"]
        assert has_default or match["default"] == "run make env first", match[0]
    assert len(re.findall(r"\$\w|\$\{", text)) == len(found)
    assert {match["name"] for match in found} <= documented | {name for name, *_ in rows()}


@both_stacks
def test_the_wall_asks_for_a_link_that_leads_to_its_own_address(home: Path, files: Any) -> None:
    env_file = dict(re.findall(r"^(\w+)=(.*)$", (home / ".env").read_text(), re.M))
    env = env_file | services_of(files)["wall"]["environment"]
    here = {
        name: value.replace("/run/secrets", str(home / "secrets"))
        for name, value in env.items()
        if name in ("FLOORPULSE_BIND", "FLOORPULSE_PUBLIC_URL", "FLOORPULSE_SECRET_FILE")
    }
    port = services_of(files)["wall"]["ports"][0].removesuffix(":8080")

    settings = Settings.from_env({**here, "FLOORPULSE_WALL_OPEN": env["FLOORPULSE_WALL_OPEN"]})

    assert not door_of(settings, RosterFile(settings.roster)).is_wall_open
    link = link_of(settings, Identity("wall", ""), 365)
    assert link.startswith(f"http://{port}/enter#")


@both_stacks
def test_every_setting_is_one_and_every_secret_is_there(home: Path, files: Any) -> None:
    env_file = dict(re.findall(r"^(\w+)=(.*)$", (home / ".env").read_text(), re.M))
    for name in OWN:
        service = services_of(files)[name]
        env = env_file | service["environment"]
        for variable in [setting for setting in env if setting.endswith("_FILE")]:
            secret = env[variable].removeprefix("/run/secrets/")
            assert secret in service["secrets"], (name, variable)
            env[variable] = str(home / secret_files(files)[secret])

        settings = Settings.from_env(env)
        assert settings.redis_password, name
        assert issuer_of(settings) is None, "nobody signs in until an issuer is set"


@both_stacks
@pytest.mark.parametrize("reps", ["0", "1"])
def test_every_file_that_is_mounted_exists(home: Path, files: Any, reps: str) -> None:
    stack = services_of(files, {**NEEDED, "GRAFANA_REPS": reps})
    mounted = [source for service in stack.values() for source, _ in binds(service)]

    for path in [*mounted, *secret_files(files).values()]:
        assert (home / path).exists(), path
    used = {secret for service in stack.values() for secret in service.get("secrets", ())}
    assert used == set(secret_files(files))


def test_a_missing_file_stops_the_start_and_is_not_made_as_a_folder(services: Services) -> None:
    text = "\n".join((ROOT / file).read_text() for file in SECURE)
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]

    assert not re.search(r"^ *- [^:\n]*\$\{.*\}[^:\n]*:/", text, re.M)
    for mount in (mount for mount in mounts if isinstance(mount, dict)):
        assert mount["bind"] == {"create_host_path": False}, mount["target"]
        assert mount["read_only"] is True, mount["target"]


def test_every_host_that_is_named_is_a_service(services: Services) -> None:
    for name, service in services.items():
        text = json.dumps([service.get(key) for key in ("environment", "command", "healthcheck")])
        hosts = set(re.findall(r"(?:\w+://|dns:|\"|@| )([a-z]+):\d{4,5}", text))
        assert hosts <= {*services, "localhost"}, name


def test_prometheus_and_alertmanager_take_what_is_written_and_find_the_workers(
    alerting: Path,
) -> None:
    worker = services_of(PLAIN)["worker"]["environment"]
    config = yaml.safe_load((alerting / "prometheus.yml").read_text())

    prometheus = services_of(PLAIN)["prometheus"]
    assert config["scrape_configs"][0]["authorization"] == {
        "credentials_file": str(alerting / "metrics_token")
    }
    assert (worker["FLOORPULSE_METRICS_TOKEN_FILE"], prometheus["secrets"]) == (
        TOKEN,
        [TOKEN.rpartition("/")[2]],
    )
    ask("promtool", "check", "config", alerting / "prometheus.yml")
    ask("amtool", "check-config", alerting / "alertmanager.yml")
    (found,) = config["scrape_configs"][0]["dns_sd_configs"]
    assert (found["names"], found["port"]) == (["worker"], int(worker["FLOORPULSE_WORKER_PORT"]))


def test_grafana_asks_the_services_where_they_listen() -> None:
    services = services_of(PLAIN)
    file = yaml.safe_load((ROOT / "docker" / "grafana" / "datasources.yaml").read_text())

    assert {source["uid"] for source in file["datasources"]} == {"prometheus", "alertmanager"}
    for source in file["datasources"]:
        host, port = source["url"].removeprefix("http://").split(":")
        assert services[host]["ports"][0].endswith(f":{port}"), source["url"]


@pytest.mark.parametrize(("reps", "names"), [("0", ["floors"]), ("1", ["floors", "reps"])])
def test_dashboards_of_single_reps_are_there_only_where_asked_for(
    reps: str, names: list[str]
) -> None:
    grafana = services_of(PLAIN, {**NEEDED, "GRAFANA_REPS": reps})["grafana"]
    mounted = {target: ROOT / source for source, target in binds(grafana)}
    files = [path for target, path in mounted.items() if "/provisioning/dashboards/" in target]
    providers = [
        provider for path in files for provider in yaml.safe_load(path.read_text())["providers"]
    ]

    assert [provider["name"] for provider in providers] == names
    for provider in providers:
        assert list(mounted[provider["options"]["path"]].glob("*.json"))


# -- by compose itself, which needs no daemon for it


def run(command: list[str], home: Path) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)


def compose(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What compose answers; skips where there is no client."""
    for command in ([str(BUILT)], ["docker-compose"], ["docker", "compose"]):
        if shutil.which(command[0]) and not run([*command, "version"], home).returncode:
            return run([*command, *arguments], home)
    pytest.skip("docker compose is not here, and no daemon is needed: `make compose` builds it")


def test_without_the_variables_compose_says_what_to_do(home: Path, tmp_path: Path) -> None:
    for name in (*SECURE, "docker", "dashboards"):
        (tmp_path / name).symlink_to(home / name)

    answer = compose(tmp_path, "config", "--quiet")

    assert answer.returncode != 0
    assert "run make env first" in answer.stderr


@both_stacks
def test_compose_reads_the_files_as_these_tests_do(home: Path, files: tuple[str, ...]) -> None:
    named = [word for file in files for word in ("-f", file)]
    answer = compose(home, *named, "--profile", "simulator", "config", "--format", "json")

    assert answer.returncode == 0, answer.stderr
    for name, service in json.loads(answer.stdout)["services"].items():
        ours = services_of(files)[name]
        assert service["image"] == ours["image"]
        env = service.get("environment") or {}
        assert env.items() >= ours.get("environment", {}).items(), name
        commands = [word.replace("$$", "$") for word in service["command"] or ()]
        assert commands == ours.get("command", []), name
        ports = ["{host_ip}:{published}:{target}".format(**p) for p in service.get("ports", ())]
        assert ports == ours.get("ports", []), name
