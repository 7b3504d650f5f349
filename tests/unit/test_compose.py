"""What docker compose starts: pinned, closed, bounded, and each file and setting of it exists."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from floorpulse.cli import main
from streams.settings import Settings, rows
from tests.prometheus import ask
from tests.stack import (
    NEEDED,
    PLAIN,
    ROOT,
    SECURE,
    VARIABLE,
    binds,
    prepared,
    secret_files,
    services,
)

Services = dict[str, dict[str, Any]]
ONCE = {"topics", "alerting"}
PARTITIONS = ("FLOORPULSE_PARTITIONS", "FLOORPULSE_LEAD_PARTITIONS")
SERVES_NOTHING = {*ONCE, "simulator"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(params=[PLAIN, SECURE], ids=["plain", "secure"], name="stack")
def _stack(request: pytest.FixtureRequest) -> Services:
    return services(request.param)


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("stack"))


def ours(stack: Services) -> Services:
    """The services that run floorpulse."""
    return {name: told for name, told in stack.items() if "build" in told}


def compose(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Compose's own answer; it needs no daemon. Skips where there is no client."""
    known = (["docker-compose"], ["docker", "compose"])
    for command in known:
        if (
            shutil.which(command[0])
            and not subprocess.run(
                [*command, "version"], capture_output=True, check=False
            ).returncode
        ):
            clean = {"PATH": os.environ["PATH"], "HOME": str(home)}
            told = [*command, *arguments]
            return subprocess.run(
                told, cwd=home, env=clean, capture_output=True, text=True, check=False
            )
    pytest.skip("there is no docker compose here: its files are checked by what they say alone")


def told_to_type() -> str:
    """What is told of the stack: the section of the README, and the page of it."""
    readme = (ROOT / "README.md").read_text()
    section = readme[readme.index("## Run it for a floor") : readme.index("## Feed it your events")]
    return section + (ROOT / "docs" / "deployment.md").read_text()


# -- what is started


def test_every_image_is_pinned(stack: Services) -> None:
    for name, told in stack.items():
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", told["image"]), name


def test_our_image_has_the_version_of_the_project(stack: Services) -> None:
    assert {told["image"] for told in ours(stack).values()} == {f"floorpulse:{PROJECT['version']}"}
    assert set(ours(stack)) == {*SERVES_NOTHING, "worker", "wall"}


def test_the_broker_is_of_the_version_that_the_tests_run_on(stack: Services) -> None:
    pom = (ROOT / "tests" / "kafka.pom.xml").read_text()
    tested = re.search(r"<artifactId>kafka_2.13</artifactId><version>([\d.]+)<", pom)

    assert tested
    assert stack["kafka"]["image"] == f"apache/kafka:{tested[1]}"


def test_nobody_has_rights_that_he_does_not_need(stack: Services) -> None:
    for name, told in stack.items():
        assert told["read_only"] is True, name
        assert told["cap_drop"] == ["ALL"], name
        assert told["security_opt"] == ["no-new-privileges:true"], name
        assert not told.keys() & {"privileged", "cap_add", "network_mode", "pid", "ipc"}, name
        assert name in ours(stack) or int(told["user"].split(":")[0]) > 0, name
        assert not any("docker.sock" in source for source, _ in binds(told)), name


def test_everybody_has_limits(stack: Services) -> None:
    for name, told in stack.items():
        limits = told["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory", "pids"}, name
        assert re.fullmatch(r"\d+[mg]", limits["memory"]), name


def test_the_limits_fit_the_machine_that_is_asked_for(stack: Services) -> None:
    def megabytes(told: dict[str, Any]) -> int:
        memory = told["deploy"]["resources"]["limits"]["memory"]
        return int(memory[:-1]) * {"m": 1, "g": 1024}[memory[-1]]

    (gigabytes,) = re.findall(r"two CPUs and (\d+) GB", told_to_type())
    needed = sum(megabytes(told) for told in stack.values() if "profiles" not in told)
    assert needed <= int(gigabytes) * 1024
    assert max(float(t["deploy"]["resources"]["limits"]["cpus"]) for t in stack.values()) <= 2


def test_everybody_who_serves_is_asked_for_his_health(stack: Services) -> None:
    for name, told in stack.items():
        if name in SERVES_NOTHING:
            assert told["healthcheck"] == {"disable": True}, name
        else:
            assert told["healthcheck"]["test"], name
            assert told["restart"] == "unless-stopped", name
    assert all(stack[name]["restart"] == "no" for name in ONCE)


def test_everybody_waits_for_what_he_needs(stack: Services) -> None:
    for name, told in stack.items():
        for needed, how in told.get("depends_on", {}).items():
            once = needed in ONCE
            wanted = "service_completed_successfully" if once else "service_healthy"
            assert how["condition"] == wanted, (name, needed)
            assert once or needed not in SERVES_NOTHING
    assert {"topics", "valkey"} == stack["worker"]["depends_on"].keys()


def test_what_was_written_anew_is_read_anew(stack: Services) -> None:
    readers = {
        name
        for name, told in stack.items()
        if "alerting:/etc/alerting:ro" in told.get("volumes", ())
    }

    assert readers == {"prometheus", "alertmanager"}
    for name in readers:
        assert stack[name]["depends_on"]["alerting"]["restart"] is True, name


def test_there_can_be_any_number_of_workers(stack: Services) -> None:
    assert not stack["worker"].keys() & {"container_name", "ports", "hostname"}
    assert stack["worker"]["deploy"]["replicas"] == "1"
    more = services(PLAIN, {**NEEDED, "WORKERS": "3"})["worker"]
    assert more["deploy"]["replicas"] == "3"
    assert "--scale" not in "".join(re.findall(r"^docker compose .*", told_to_type(), re.M))


def test_the_invented_floor_is_not_started_unasked(stack: Services) -> None:
    assert [name for name, told in stack.items() if "profiles" in told] == ["simulator"]


# -- what is open


def test_ports_are_open_on_loopback_alone(stack: Services) -> None:
    for name, told in stack.items():
        assert all(port.startswith("127.0.0.1:") for port in told.get("ports", [])), name
    served = {name for name, told in stack.items() if "ports" in told}
    assert served == {"kafka", "wall", "prometheus", "alertmanager", "grafana"}


def test_no_secret_stands_in_a_variable(stack: Services) -> None:
    for name, told in stack.items():
        for variable in told.get("environment", {}):
            secret = re.search("PASSWORD|SECRET|TOKEN", variable)
            assert not secret or variable.endswith("_FILE"), (name, variable)


def test_what_is_kept_is_kept_in_named_volumes(stack: Services) -> None:
    named = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"]

    mounted = {
        each.split(":")[0]
        for told in stack.values()
        for each in told.get("volumes", ())
        if isinstance(each, str) and not each.startswith(".")
    }

    assert mounted == set(named)
    assert "--storage.tsdb.retention.time=60d" in stack["prometheus"]["command"]


# -- variables and settings


@pytest.mark.parametrize("file", SECURE)
def test_every_variable_has_a_default_or_says_what_to_do(file: str) -> None:
    text = (ROOT / file).read_text()

    found = [match for match in VARIABLE.finditer(text) if match["name"]]

    assert found
    for match in found:
        has_default = match["kind"] == ":-" and match["told"]
        assert has_default or match["told"] == "run make env first", match[0]
    assert len(re.findall(r"\$\w|\$\{", text)) == len(found)


def test_every_variable_is_told() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text()
    lines = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    told = {name for line in lines for name in re.findall("`([A-Z_]+)`", line)}

    used = {
        match["name"]
        for file in SECURE
        for match in VARIABLE.finditer((ROOT / file).read_text())
        if match["name"]
    }

    settings = {name for name, *_ in rows()}
    assert "FLOORPULSE_RUNBOOK_URL" in told & settings  # as the ports of the wall can be others
    assert told - {"COMPOSE_FILE"} - settings == used - settings


def test_the_television_of_the_page_shows_a_floor_of_the_first_roster(home: Path) -> None:
    roster = yaml.safe_load((home / "roster" / "roster.yaml").read_text())
    page = (ROOT / "docs" / "dashboards.md").read_text()

    (shown,) = re.findall(r"/d/floorpulse-floor\?var-floor=([\w-]+)&kiosk", page)

    assert shown in roster["floors"]
    assert "dashboards.md#a-television" in (ROOT / "docs" / "deployment.md").read_text()


def test_every_service_is_told() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text()
    told = dict(re.findall(r"^\| `([a-z]+)` \| (\d*)", text, re.M))
    ports = {
        name: each["ports"][0].split(":")[1] if "ports" in each else ""
        for name, each in services(PLAIN).items()
    }

    assert told == ports


def test_every_setting_is_one(stack: Services, home: Path) -> None:
    env_file = dict(re.findall(r"^(\w+)=(.*)$", (home / ".env").read_text(), re.M))
    for name, told in ours(stack).items():
        given = dict(env_file) | told["environment"]
        for variable in [each for each in given if each.endswith("_FILE")]:
            secret = given[variable].removeprefix("/run/secrets/")
            assert secret in told["secrets"], (name, variable)
            given[variable] = str(home / secret_files(SECURE)[secret])

        settings = Settings.from_env(given)

        assert settings.redis_password, name
        assert settings.bind == "0.0.0.0", name
        assert settings.brokers == ("kafka:19092",), name
        assert str(settings.roster) == "/etc/floorpulse/roster.yaml", name


def test_health_is_asked_where_it_is_served(stack: Services) -> None:
    settings = Settings.from_env(
        {"FLOORPULSE_WORKER_PORT": stack["worker"]["environment"]["FLOORPULSE_WORKER_PORT"]}
    )

    assert f":{settings.worker_port}/readyz" in stack["worker"]["healthcheck"]["test"][-1]
    assert f":{settings.wall_port}/livez" in stack["wall"]["healthcheck"]["test"][-1]
    assert stack["wall"]["ports"][0].endswith(f":{settings.wall_port}")


def test_every_host_that_is_named_is_a_service(stack: Services) -> None:
    for name, told in stack.items():
        text = json.dumps([told.get("environment"), told.get("command"), told["healthcheck"]])
        hosts = set(re.findall(r"(?:\w+://|dns:|\"|@| )([a-z]+):\d{4,5}", text))
        assert hosts <= {*stack, "localhost"}, name


def test_tls_is_switched_on_in_the_file_that_every_command_reads() -> None:
    for told in (told_to_type(), (ROOT / "docker-compose.secure.yml").read_text()):
        assert re.findall(r"echo COMPOSE_FILE=(\S+) >> \.env", told) == [":".join(SECURE)]
        assert not re.search(r"docker compose .*-f ", told)


@pytest.mark.parametrize("name", ["prometheus", "alertmanager"])
def test_a_path_of_the_proxy_moves_nothing_that_the_stack_asks_for(name: str) -> None:
    """It would be the prefix of all else too: of health, of alerts and of queries."""
    told = services(PLAIN)[name]

    assert any(word.startswith("--web.external-url=") for word in told["command"])
    assert "--web.route-prefix=/" in told["command"]
    assert re.search(r":\d+/-/ready$", told["healthcheck"]["test"])


# -- files


@pytest.mark.parametrize("files", [PLAIN, SECURE], ids=["plain", "secure"])
@pytest.mark.parametrize("rep_pages", ["0", "1"])
def test_every_file_that_is_mounted_exists(home: Path, files: Any, rep_pages: str) -> None:
    stack = services(files, {**NEEDED, "FLOORPULSE_REP_PAGES": rep_pages})
    mounted = [source for told in stack.values() for source, _ in binds(told)]

    for path in [*mounted, *secret_files(files).values()]:
        assert (home / path).exists(), path
    used = {secret for told in stack.values() for secret in told.get("secrets", [])}
    assert used == set(secret_files(files))


def test_no_folder_is_made_where_a_chosen_file_or_folder_is_missing(stack: Services) -> None:
    text = "\n".join((ROOT / file).read_text() for file in SECURE)
    mounts = [each for told in stack.values() for each in told.get("volumes", ())]

    assert not re.search(r"^ *- [^:\n]*\$\{.*\}[^:\n]*:/", text, re.M)
    for each in (mount for mount in mounts if isinstance(mount, dict)):
        assert each["bind"] == {"create_host_path": False}, each["target"]
        assert each["read_only"] is True, each["target"]


def test_secrets_are_random_and_closed_to_others(home: Path) -> None:
    names = ("redis_password", "grafana_password", "grafana_key", "kafka_password")
    words = {(home / "secrets" / name).read_text() for name in names}

    assert len(words) == len(names)
    assert all(re.fullmatch(r"[\w-]{43}", word) for word in words)
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700
    assert (home / ".env").stat().st_mode & 0o777 == 0o600
    assert (home / "secrets" / "tls" / "authority.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("script", ["env.sh", "secure.sh"])
def test_what_is_there_is_not_overwritten(home: Path, script: str) -> None:
    held = {path: path.read_bytes() for path in home.glob("secrets/**/*") if path.is_file()}
    told = (home / ".env").read_text()

    again = subprocess.run([home / "docker" / script], capture_output=True, text=True, check=False)

    assert again.returncode == 1
    assert "is not overwritten" in again.stderr
    assert (home / ".env").read_text() == told
    assert held == {path: path.read_bytes() for path in held}


def test_a_lone_env_file_is_not_overwritten(home: Path, tmp_path: Path) -> None:
    copytree(home / "docker", tmp_path / "docker")
    (tmp_path / ".env").write_text("SECRETS=/etc/floorpulse/secrets\n")

    again = subprocess.run([tmp_path / "docker" / "env.sh"], capture_output=True, check=False)

    assert again.returncode == 1
    assert (tmp_path / ".env").read_text() == "SECRETS=/etc/floorpulse/secrets\n"
    assert not (tmp_path / "secrets").exists()


def test_a_roster_of_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / "roster").mkdir()
    (tmp_path / "roster" / "roster.yaml").write_text("floors: {}\n")

    prepared(tmp_path)

    assert (tmp_path / "roster" / "roster.yaml").read_text() == "floors: {}\n"


def test_the_users_of_containers_can_read_the_first_roster(tmp_path: Path) -> None:
    copytree(ROOT / "docker", tmp_path / "docker")
    (tmp_path / "floorpulse" / "demo").mkdir(parents=True)
    first = tmp_path / "floorpulse" / "demo" / "demo-roster.yaml"
    first.write_text("floors: {}\n")
    first.chmod(0o600)  # as under a umask of 077

    subprocess.run([tmp_path / "docker" / "env.sh"], check=True, capture_output=True)

    assert (tmp_path / "roster" / "roster.yaml").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "roster").stat().st_mode & 0o005 == 0o005


def test_the_first_roster_can_be_used(home: Path) -> None:
    checked = CliRunner().invoke(main, ["roster", "check", str(home / "roster" / "roster.yaml")])

    assert checked.exit_code == 0, checked.output


def test_every_rep_that_is_named_is_on_the_first_roster(home: Path) -> None:
    roster = yaml.safe_load((home / "roster" / "roster.yaml").read_text())

    named = re.findall(r"floorpulse explain (\S+)", told_to_type())

    assert len(named) == 2
    assert set(named) <= roster["reps"].keys()


# -- Prometheus, Alertmanager, Grafana


@pytest.fixture(name="alerting")
def _alerting(tmp_path: Path) -> Path:
    """What the service writes, by its own command."""
    told = services(PLAIN)["alerting"]
    command = [str(tmp_path) if word == "/etc/alerting" else word for word in told["command"]]
    env = {n: v for n, v in told["environment"].items() if not n.endswith("_FILE")}
    written = CliRunner(env=env).invoke(main, command)
    assert written.exit_code == 0, written.output
    return tmp_path


def test_prometheus_and_alertmanager_take_what_is_written(alerting: Path) -> None:
    ask("promtool", "check", "config", alerting / "prometheus.yml")
    ask("amtool", "check-config", alerting / "alertmanager.yml")


def test_all_workers_are_found_by_name(alerting: Path) -> None:
    stack = services(PLAIN)
    config = yaml.safe_load((alerting / "prometheus.yml").read_text())

    (job,) = config["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert found["names"] == ["worker"]
    assert str(found["port"]) == stack["worker"]["environment"]["FLOORPULSE_WORKER_PORT"]
    (manager,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert stack["worker"]["environment"]["FLOORPULSE_ALERTMANAGER_URL"] == f"http://{manager}"
    for reader in ("prometheus", "alertmanager"):
        assert "alerting:/etc/alerting:ro" in stack[reader]["volumes"]
        config_file = stack[reader]["command"][0].removeprefix("--config.file=/etc/alerting/")
        assert (alerting / config_file).is_file()


def provisioned(kind: str, rep_pages: str) -> list[dict[str, Any]]:
    """What Grafana finds in its folder of datasources or of dashboards."""
    grafana = services(PLAIN, {**NEEDED, "FLOORPULSE_REP_PAGES": rep_pages})["grafana"]
    return [
        each
        for source, target in binds(grafana)
        if f"/provisioning/{kind}/" in target
        for each in yaml.safe_load((ROOT / source).read_text())[
            "providers" if kind == "dashboards" else kind
        ]
    ]


def test_grafana_reads_the_datasources_of_the_stack() -> None:
    stack = services(PLAIN)

    found = {each["uid"]: each for each in provisioned("datasources", "0")}

    assert found.keys() == {"prometheus", "alertmanager"}
    assert found["prometheus"]["isDefault"]
    for each in found.values():
        host, port = each["url"].removeprefix("http://").split(":")
        assert stack[host]["ports"][0].endswith(f":{port}")
    assert found["prometheus"]["jsonData"]["timeInterval"] == "5s"


def test_every_dashboard_takes_the_datasource_of_the_stack() -> None:
    (prometheus,) = (each for each in provisioned("datasources", "0") if each.get("isDefault"))
    files = sorted((ROOT / "dashboards" / "generated").glob("grafana*/*.json"))

    assert len(files) >= 5
    for file in files:
        told = json.loads(file.read_text())
        variables = {each["name"]: each for each in told["templating"]["list"]}
        assert variables["datasource"]["query"] == prometheus["type"], file
        used = set(re.findall(r'"datasource": \{[^}]*"uid": "([^"]+)"', file.read_text()))
        assert used <= {"${datasource}", "-- Grafana --"}, file


def test_the_interval_of_the_datasource_is_that_of_the_scrapes(alerting: Path) -> None:
    config = yaml.safe_load((alerting / "prometheus.yml").read_text())
    prometheus = next(e for e in provisioned("datasources", "0") if e["uid"] == "prometheus")

    assert prometheus["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]


@pytest.mark.parametrize(("rep_pages", "names"), [("0", ["floors"]), ("1", ["floors", "reps"])])
def test_dashboards_of_single_reps_are_there_only_where_asked_for(
    rep_pages: str, names: list[str]
) -> None:
    stack = services(PLAIN, {**NEEDED, "FLOORPULSE_REP_PAGES": rep_pages})
    mounted = {target: ROOT / source for source, target in binds(stack["grafana"])}

    providers = provisioned("dashboards", rep_pages)

    assert [each["name"] for each in providers] == names
    for each in providers:
        assert list(mounted[each["options"]["path"]].glob("*.json"))
    assert stack["wall"]["environment"]["FLOORPULSE_REP_PAGES"] == rep_pages
    home = Path(stack["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (mounted[str(home.parent)] / home.name).is_file()


# -- by compose itself


def test_without_the_variables_compose_says_what_to_do(home: Path, tmp_path: Path) -> None:
    for name in (*SECURE, "docker", "dashboards"):
        (tmp_path / name).symlink_to(home / name)

    told = compose(tmp_path, "config", "--quiet")

    assert told.returncode != 0
    assert "run make env first" in told.stderr


@pytest.mark.parametrize("files", [PLAIN, SECURE], ids=["plain", "secure"])
def test_compose_reads_the_files_as_these_tests_do(home: Path, files: tuple[str, ...]) -> None:
    named = [word for file in files for word in ("-f", file)]

    told = compose(home, *named, "--profile", "simulator", "config", "--format", "json")

    assert told.returncode == 0, told.stderr
    read = json.loads(told.stdout)["services"]
    assert {name: as_read(each) for name, each in read.items()} == {
        name: as_told(each) for name, each in services(files).items()
    }


def as_read(service: dict[str, Any]) -> dict[str, Any]:
    """What is compared, in compose's words; .env is read into every environment of ours."""
    test = (service.get("healthcheck") or {}).get("test")
    return {
        "image": service["image"],
        "environment": {
            name: value
            for name, value in (service.get("environment") or {}).items()
            if name not in ("SECRETS", "ROSTER", *PARTITIONS)
        },
        "command": [word.replace("$$", "$") for word in service["command"] or ()],
        "secrets": [each["source"] for each in service.get("secrets", ())],
        "ports": [
            f"{each['host_ip']}:{each['published']}:{each['target']}"
            for each in service.get("ports", ())
        ],
        "mounts": [each["target"] for each in service.get("volumes", ())],
        "healthcheck": test and test[-1].replace("$$", "$"),
    }


def as_told(service: dict[str, Any]) -> dict[str, Any]:
    """The same of our own reading."""
    test = service["healthcheck"].get("test")
    return {
        "image": service["image"],
        "environment": service.get("environment", {}),
        "command": service.get("command", []),
        "secrets": service.get("secrets", []),
        "ports": service.get("ports", []),
        "mounts": [
            each["target"] if isinstance(each, dict) else each.split(":")[1]
            for each in service.get("volumes", ())
        ],
        "healthcheck": test[-1] if isinstance(test, list) else test,
    }
