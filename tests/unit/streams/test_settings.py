"""Settings come from the environment, and a mistake names variable, value and form."""

import pytest

from streams.events.flood import FloodLimit
from streams.settings import SettingError, Settings, rows


def test_defaults_are_safe() -> None:
    settings = Settings.from_env({"PATH": "/bin"})

    assert settings.bind == "127.0.0.1"
    assert settings.wall_open is False
    assert settings.secret == ""
    assert settings.brokers == ("127.0.0.1:9092",)


def test_values_are_read() -> None:
    settings = Settings.from_env(
        {
            "FLOORPULSE_BROKERS": "a:1, b:2",
            "FLOORPULSE_FLOOD_LIMIT": "7,0.25",
            "FLOORPULSE_WALL_OPEN": "1",
            "FLOORPULSE_CLOCK": "2026-11-23T10:00:00+01:00",
        }
    )

    assert settings.brokers == ("a:1", "b:2")
    assert settings.flood_limit == FloodLimit(7, 0.25)
    assert settings.wall_open
    assert settings.clock() == settings.clock()


def test_inputs_may_have_no_prefix() -> None:
    assert Settings.from_env({"FLOORPULSE_TOPIC_PREFIX": ""}).topic_prefix == ""


def test_a_secret_may_stand_in_a_file(tmp_path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")

    settings = Settings.from_env({"FLOORPULSE_REDIS_PASSWORD_FILE": str(tmp_path / "secret")})

    assert settings.redis_password == "hunter2"


@pytest.mark.parametrize("url", ["redis://user:hunter2@h:6379/2", "unix:///run/redis.sock"])
def test_a_cluster_has_no_database_and_no_socket(url: str) -> None:
    cluster = {"FLOORPULSE_REDIS_CLUSTER": "1"}

    with pytest.raises(SettingError, match="cannot be a cluster") as error:
        Settings.from_env({"FLOORPULSE_REDIS_URL": url, **cluster})

    assert "hunter2" not in str(error.value)
    for other in ("redis://h:6379", "rediss://h:6379/0?ssl_ca_certs=/ca"):
        assert Settings.from_env({"FLOORPULSE_REDIS_URL": other, **cluster}).redis_cluster


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("FLOORPULSE_SMALLEST_TEAM", "0", "a whole number from 1 on"),
        ("FLOORPULSE_FRAME_ANCESTORS", "*", "origins"),
        ("FLOORPULSE_FRAME_ANCESTORS", "https://a.example; script-src *", "origins"),
        ("FLOORPULSE_PARTITIONS", "zero", "'zero' is not of the form a whole number from 1 on"),
        ("FLOORPULSE_PARTITIONS", "0", "'0' is not of the form"),
        ("FLOORPULSE_APP_ID", "kpi/desk", "'kpi/desk' is not of the form a name of A-Z"),
        ("FLOORPULSE_APP_ID", "", "'' is not of the form a name of A-Z"),
        ("FLOORPULSE_TOPIC_PREFIX", "verkäufe.", "'verkäufe.' is not of the form text of A-Z"),
        ("FLOORPULSE_TOPIC_PREFIX", "sales.\n", "is not of the form text of A-Z"),
        ("FLOORPULSE_WALL_OPEN", "yes", "'yes' is not of the form 0 or 1"),
        (
            "FLOORPULSE_REP_PAGES",
            "0",
            "replaced by links: take it out. With FLOORPULSE_SECRET_FILE",
        ),
        ("FLOORPULSE_PUBLIC_URL", "wall.example.org", "is not of the form http://HOST or https"),
        ("FLOORPULSE_PUBLIC_URL", "https://", "'https://' is not of the form"),
        ("FLOORPULSE_PUBLIC_URL", "https://a.example/?b", "is not of the form"),
        ("FLOORPULSE_SECRET", "hunter2", "its value is not of the form 32 characters or more"),
        ("FLOORPULSE_BROKERS", "localhost", "'localhost' is not of the form HOST:PORT"),
        ("FLOORPULSE_UNASSIGNED_ZONE", "Mars", "'Mars' is not of the form an IANA time zone"),
        ("FLOORPULSE_CLOCK", "noon", "'noon' is not of the form +SECONDS"),
        ("FLOORPULSE_CLOCK", "2026-11-23T10:00:00", "is not of the form +SECONDS"),
        ("FLOORPULSE_PARTITION", "12", "did you mean FLOORPULSE_PARTITIONS?"),
        ("FLOORPULSE_REDIS_PASSWORD_FILE", "/nowhere", "'/nowhere' cannot be read"),
    ],
)
def test_a_mistake_names_variable_value_and_form(name: str, text: str, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_env({name: text})

    assert name in str(refused.value)
    assert message in str(refused.value)


def test_alerts_about_a_rep_do_not_go_without_the_series_of_reps() -> None:
    both = {"FLOORPULSE_REP_ALERTS": "1", "FLOORPULSE_REP_SERIES": "0"}
    with pytest.raises(
        SettingError, match="REP_ALERTS: 1 does not go with FLOORPULSE_REP_SERIES=0"
    ):
        Settings.from_env(both)

    assert Settings().rep_series
    for name, value in both.items():
        Settings.from_env({name: value})


def test_every_setting_has_a_default_a_form_and_a_sentence() -> None:
    for name, _, form, help in rows():
        assert name.startswith("FLOORPULSE_")
        assert form
        assert help.endswith(".")


def test_who_may_frame_the_wall_is_a_list_of_origins() -> None:
    given = "https://signage.example:8443  http://*.intranet"

    settings = Settings.from_env({"FLOORPULSE_FRAME_ANCESTORS": given})
    assert settings.frame_ancestors == "https://signage.example:8443 http://*.intranet"
