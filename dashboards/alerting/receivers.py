"""The file of receivers: who is notified, in Alertmanager's own terms, merged into our routes."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

NAMES = ("platform", "floor-managers", "team-leads", "deadman")  # those of our own routes
TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n"
    "{{ .Annotations.runbook_url }}\n\n{{ end }}"
)
TITLE = (
    "[{{ .CommonLabels.severity }}] {{ .Status | toUpper }}"
    "{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}: "
    "{{ (index .Alerts 0).Annotations.summary }}"
)
# What a message says where the file leaves it open.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "email_configs": {"headers": {"Subject": TITLE}, "text": TEXT, "html": ""},
    "slack_configs": {"title": TITLE, "text": TEXT},
}
# Secrets that Alertmanager also takes from a file; a plain webhook's address is not one of them.
SECRETS = frozenset(
    {
        "api_key",
        "api_url",
        "auth_password",
        "bearer_token",
        "bot_token",
        "credentials",
        "opsgenie_api_key",
        "password",
        "routing_key",
        "service_key",
        "slack_api_url",
        "smtp_auth_password",
        "token",
        "user_key",
        "webhook_url",
    }
)
_LISTS = ("receivers", "routes", "templates", "time_intervals")


@dataclass(frozen=True, slots=True)
class Receivers:
    """What the file says: every receiver as Alertmanager takes it, and what belongs to them."""

    receivers: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] | None = None  # Alertmanager's `global`
    routes: tuple[Mapping[str, Any], ...] = ()  # asked before ours
    others: Mapping[str, Any] | None = None  # `templates` and `time_intervals`

    def named(self) -> list[dict[str, Any]]:
        """All receivers: ours, with or without anybody to notify, then those of the file's own."""
        given = {receiver["name"]: dict(receiver) for receiver in self.receivers}
        ours = [given.pop(name, {"name": name}) for name in NAMES]
        return [*map(_with_defaults, ours), *map(_with_defaults, given.values())]

    def secrets(self) -> Iterator[str]:
        """Where a secret is written out although a file could hold it."""
        yield from _secrets("global", self.settings or {})
        for receiver in self.receivers:
            yield from _secrets(receiver["name"], receiver)


NOBODY = Receivers()


def parse_receivers(text: str) -> Receivers:
    """The file of receivers, from YAML. Raises ValueError, with what is wrong and where."""
    try:
        document = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"this is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise ValueError("there have to be `receivers:` at the top, as in the example")
    for key, value in document.items():
        _check_part(key, value)
    receivers = tuple(document.get("receivers") or ())
    routes = tuple(document.get("routes") or ())
    _check_names(receivers, {*NAMES, *_routed(routes)})
    _check_mail(receivers, document.get("global") or {})
    others = {key: document[key] for key in ("templates", "time_intervals") if document.get(key)}
    return Receivers(receivers, document.get("global") or {}, routes, others)


def _check_part(key: Any, value: Any) -> None:
    if key not in ("global", *_LISTS):
        raise ValueError(f"{key!r} does not belong here; known are global, {', '.join(_LISTS)}")
    expected = dict if key == "global" else list
    if value is not None and not isinstance(value, expected):
        raise ValueError(f"{key}: {'a mapping' if expected is dict else 'a list'} is expected")
    if key in ("receivers", "routes") and not all(isinstance(entry, dict) for entry in value or ()):
        raise ValueError(f"{key}: every entry has to be a mapping, as in the example")


def _check_names(receivers: tuple[dict[str, Any], ...], used: set[str]) -> None:
    names = [receiver.get("name") for receiver in receivers]
    for place, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise ValueError(f"receivers[{place}] has no name")
        if names.index(name) != place:
            raise ValueError(f"receivers: {name!r} is there twice")
        if name not in used:
            near = difflib.get_close_matches(name, used, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"ours are {', '.join(NAMES)}"
            raise ValueError(f"receivers: no route leads to {name!r}; {hint}")


def _routed(routes: tuple[dict[str, Any], ...]) -> Iterator[str]:
    for route in routes:
        if isinstance(name := route.get("receiver"), str):
            yield name
        yield from _routed(tuple(route.get("routes") or ()))


def _check_mail(receivers: tuple[dict[str, Any], ...], settings: Mapping[str, Any]) -> None:
    """Alertmanager does not start with a mail that has no server or no sender."""
    for receiver in receivers:
        for mail in receiver.get("email_configs") or ():
            for key, form in (("smarthost", "HOST:PORT"), ("from", "ADDRESS")):
                if key not in mail and f"smtp_{key}" not in settings:
                    raise ValueError(
                        f"{receiver['name']} has an e-mail, and there is no mail server for it: "
                        f"write `smtp_{key}: {form}` below `global:`"
                    )


def _with_defaults(receiver: Mapping[str, Any]) -> dict[str, Any]:
    is_watchdog = receiver["name"] == "deadman"
    return {
        kind: [
            {**DEFAULTS.get(kind, {}), "send_resolved": not is_watchdog, **entry}
            for entry in value or ()
        ]
        if kind.endswith("_configs")
        else value
        for kind, value in receiver.items()
    }


def _secrets(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for place, entry in enumerate(value):
            yield from _secrets(f"{path}[{place}]", entry)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            if key in SECRETS and entry:
                yield f"{path}.{key}"
            yield from _secrets(f"{path}.{key}", entry)
