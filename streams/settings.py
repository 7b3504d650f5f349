"""All settings, from the environment: a field is a `FLOORPULSE_…` variable, and a row of docs."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from streams import setting_forms as forms
from streams.clock import DAY, Clock, parse_clock
from streams.clock import FORM as CLOCK_FORM
from streams.events.flood import FloodLimit
from streams.ledgers.retention import LEADS_KEPT, LEADS_KEPT_AT_LEAST
from streams.removed_settings import what_replaced

T = TypeVar("T")
PREFIX = "FLOORPULSE_"


class SettingError(ValueError):
    """A setting that cannot be used: names the variable, the value and the accepted form."""


def _setting(
    default: str, parse: Callable[[str], T], form: str, help: str, *, secret: bool = False
) -> T:
    """A field of Settings with its default as it would be written in the environment."""
    how = forms.Form(parse, form, help, secret)
    metadata = {"how": how, "default": default}
    return field(default_factory=lambda: parse(default), metadata=metadata, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """Everything that can be set; see docs/settings.md, which is generated from this."""

    app_id: str = _setting(
        "floorpulse",
        forms.app_id,
        "a name of A-Z, a-z, 0-9, '.', '_' and '-'",
        "Names the consumer group, the internal topics and the keys in Redis. "
        "Another id is another product with empty state.",
    )
    brokers: tuple[str, ...] = _setting(
        "127.0.0.1:9092", forms.brokers, "HOST:PORT, several with commas", "The Kafka brokers."
    )
    kafka_security: str = _setting(
        "PLAINTEXT",
        forms.one_of(*forms.SECURITY),
        " | ".join(forms.SECURITY),
        "How to talk to the brokers.",
    )
    kafka_sasl_mechanism: str = _setting(
        "SCRAM-SHA-512",
        forms.one_of(*forms.MECHANISMS),
        " | ".join(forms.MECHANISMS),
        "The SASL mechanism.",
    )
    kafka_username: str = _setting("", forms.text, "a name", "The SASL user.")
    kafka_password: str = _setting(
        "", forms.text, "a secret", "The SASL user's password.", secret=True
    )
    kafka_ca_file: Path | None = _setting(
        "",
        forms.path,
        "a path",
        "Certificate authorities that the brokers' certificates are held to.",
    )
    kafka_cert_file: Path | None = _setting("", forms.path, "a path", "The client's certificate.")
    kafka_key_file: Path | None = _setting("", forms.path, "a path", "The client's private key.")
    topic_prefix: str = _setting(
        "sales.",
        forms.topic_prefix,
        "text of A-Z, a-z, 0-9, '.', '_' and '-'",
        "Prefix of the input topics: sales.calls and so on.",
    )
    partitions: int = _setting(
        "12",
        forms.count,
        "a whole number from 1 on",
        "Partitions of every topic keyed by rep. Fixed for the life of an app id.",
    )
    lead_partitions: int = _setting(
        "12",
        forms.count,
        "a whole number from 1 on",
        "Partitions of the topics keyed by lead. Fixed for the life of an app id.",
    )
    replication: int = _setting(
        "1", forms.count, "a whole number from 1 on", "Replicas of the topics that are created."
    )
    roster: Path = _setting("roster.yaml", Path, "a path", "The roster of floors, teams and reps.")
    unassigned_zone: ZoneInfo = _setting(
        "UTC", ZoneInfo, "an IANA time zone", "The zone of reps who are not on the roster."
    )
    clock: Clock = _setting(
        "",
        parse_clock,
        CLOCK_FORM,
        "Moves or freezes the clock, for replays of recorded days, audits, demos and tests.",
    )
    redis_url: str = _setting(
        "redis://127.0.0.1:6379/0",
        forms.redis_url,
        "redis://HOST:PORT/DB, or rediss:// for TLS",
        "Where the readings go, and the wall finds them.",
    )
    redis_cluster: bool = _setting(
        "0", forms.switch, "0 or 1", "Whether Redis is a cluster, which any of its nodes leads to."
    )
    redis_password: str = _setting(
        "", forms.text, "a secret", "The password of Redis.", secret=True
    )
    bind: str = _setting(
        "127.0.0.1", forms.text, "an address", "The address that the processes serve on."
    )
    worker_port: int = _setting(
        "9464", forms.port, "a port; 0 takes a free one", "Where a worker serves /metrics."
    )
    metrics_token: str = _setting(
        "",
        forms.secret,
        f"{forms.SECRET_AT_LEAST} characters or more",
        "What a scrape of /metrics has to bring as its bearer token; without it, nothing.",
        secret=True,
    )
    wall_port: int = _setting(
        "8080", forms.port, "a port; 0 takes a free one", "Where the wall serves."
    )
    frame_ancestors: str = _setting(
        "",
        forms.origins,
        "origins with a blank between, such as https://signage.example",
        "Who may show the wall in a frame, for signage players: the wall alone, no other page.",
    )
    lang: str = _setting(
        "en",
        forms.one_of("en", "nl"),
        "en or nl",
        "The language of the wall where the address has none.",
    )
    smallest_team: int = _setting(
        "5",
        forms.count,
        "a whole number from 1 on",
        "Teams of fewer are not shown by themselves on the wall, nor one that would reveal them.",
    )
    public_url: str = _setting(
        "",
        forms.public_url,
        "http://HOST or https://HOST, with a port and a path where there are",
        "Where people reach the wall: for links, cookies and what may be posted. "
        "Without it, the wall's port on this machine's loopback.",
    )
    secret: str = _setting(
        "",
        forms.secret,
        f"{forms.SECRET_AT_LEAST} characters or more",
        "Signs the links that open the wall and pages of persons; without it there are none.",
        secret=True,
    )
    wall_open: bool = _setting(
        "0",
        forms.switch,
        "0 or 1",
        "Shows the wall to all who reach it; on loopback it is. No page of a person.",
    )
    oidc_issuer: str = _setting(
        "",
        forms.issuer,
        "https://HOST with a path where there is one, exactly as the issuer writes itself",
        "The OpenID Connect issuer at which people sign in to the wall; without it, links alone.",
    )
    oidc_client_id: str = _setting("", forms.text, "a name", "The wall's client id at the issuer.")
    oidc_client_secret: str = _setting(
        "",
        forms.text,
        "a secret",
        "The secret of that client; a public client has none.",
        secret=True,
    )
    oidc_claim: str = _setting(
        "email",
        forms.claim,
        "the name of a claim",
        "What stands in `login` of the roster. An `email` has to be verified by the issuer.",
    )
    rep_series: bool = _setting(
        "1",
        forms.switch,
        "0 or 1",
        "Exports the numbers of each rep to Prometheus; 0 exports sums by team and partition.",
    )
    rep_alerts: bool = _setting(
        "0",
        forms.switch,
        "0 or 1",
        "Exports who is on shift and for how long silent; without it no alert is about one person.",
    )
    leads_kept_days: int = _setting(
        str(LEADS_KEPT // DAY),
        forms.lead_days,
        f"days, at least {LEADS_KEPT_AT_LEAST // DAY}",
        "How long a lead is kept after its newest change; longer than a sale takes.",
    )
    flood_limit: FloodLimit | None = _setting(
        "1000,0.5",
        forms.flood,
        "COUNT,SHARE or off",
        "Unreadable events in a row, or their share of the last 1,000, that stop the worker.",
    )
    session_timeout: float = _setting(
        "15", forms.seconds, "seconds", "How long a silent worker keeps its partitions."
    )

    alertmanager_url: str = _setting(
        "",
        forms.http_url,
        "http://HOST:PORT",
        "Where the wall asks which alerts fire; without it, it shows none.",
    )
    runbook_url: str = _setting(
        "http://127.0.0.1:8080/runbooks",
        forms.http_url,
        "a URL",
        "Where alerts link to; the wall serves them at /runbooks.",
    )
    receivers: Path | None = _setting(
        "",
        forms.path,
        "a path",
        "Who is notified of alerts: a file of Alertmanager receivers; "
        "`floorpulse alerting receivers` prints one to start from.",
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """The settings of an environment.

        A secret may also stand in the file that `FLOORPULSE_…_FILE` names. Raises SettingError for
        a value that is not of its form, and for a variable that is not known.
        """
        known = {variable(each): each for each in fields(cls)}
        files = {f"{name}_FILE": name for name, each in known.items() if _how(each).is_secret}
        given: dict[str, Any] = {}
        for name, text in env.items():
            if not name.startswith(PREFIX):
                continue
            if name in files:
                name, text = files[name], _read_secret(name, text)  # noqa: PLW2901
            if name not in known:
                raise SettingError(_unknown(name, [*known, *files]))
            given[known[name].name] = _parse(name, text, _how(known[name]))
        return _checked(cls(**given))


def _checked(settings: Settings) -> Settings:
    url = urlsplit(settings.redis_url)
    if settings.redis_cluster and (url.scheme == "unix" or url.path not in ("", "/", "/0")):
        raise SettingError(
            f"{PREFIX}REDIS_URL: {url.scheme}://…{url.path} cannot be a cluster: with "
            f"{PREFIX}REDIS_CLUSTER=1 it has the form redis://HOST:PORT, without a database"
        )
    if settings.rep_alerts and not settings.rep_series:
        raise SettingError(
            f"{PREFIX}REP_ALERTS: 1 does not go with {PREFIX}REP_SERIES=0: alerts about a rep need "
            "the series of the reps; set one of the two otherwise"
        )
    return settings


def variable(each: "Field[Any]") -> str:
    """The environment variable of a field."""
    return PREFIX + each.name.upper()


def rows() -> Iterator[tuple[str, str, str, str]]:
    """(variable, default, form, help) of every setting, for the docs."""
    for each in fields(Settings):
        how = _how(each)
        name = f"{variable(each)} (or …_FILE)" if how.is_secret else variable(each)
        yield name, each.metadata["default"], how.form, how.help


def _how(each: "Field[Any]") -> forms.Form:
    how: forms.Form = each.metadata["how"]
    assert each.default_factory is not MISSING
    return how


def _parse(name: str, text: str, how: forms.Form) -> Any:
    try:
        return how.parse(text)
    except (ValueError, KeyError, OSError):
        shown = "its value" if how.is_secret else repr(text)
        raise SettingError(f"{name}: {shown} is not of the form {how.form}") from None


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise SettingError(f"{name}: {path!r} cannot be read ({error.strerror})") from None


def _unknown(name: str, known: list[str]) -> str:
    if (replaced := what_replaced(name, PREFIX)) is not None:
        return replaced
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else "; docs/settings.md lists them"
    return f"{name} is not a setting{hint}"
