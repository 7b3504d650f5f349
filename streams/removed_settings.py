"""Settings that there were: what took their place."""

# By the end of its name, what a removed setting FLOORPULSE_ALERT_… is in the file of receivers.
_IN_GLOBAL = {
    "SMTP": "smtp_smarthost: HOST:PORT",
    "SMTP_FROM": "smtp_from: ADDRESS",
    "SMTP_USERNAME": "smtp_auth_username: NAME",
    "SMTP_PASSWORD_PATH": "smtp_auth_password_file: PATH",
    "SMTP_TLS": "smtp_require_tls: false",
}
_IN_RECEIVER = {
    "EMAIL": "email_configs: [{to: ADDRESS}]",
    "SLACK_PATH": "slack_configs: [{api_url_file: PATH}]",
    "WEBHOOK": "webhook_configs: [{url: URL}]",
}
_RECEIVER = {
    "PLATFORM": "platform",
    "MANAGERS": "floor-managers",
    "LEADS": "team-leads",
    "DEADMAN": "deadman",
}


def what_replaced(name: str, prefix: str) -> str | None:
    """What to set or to write instead of a removed setting; None for what was never one."""
    if name == f"{prefix}REP_PAGES":
        return (
            f"{name} was replaced by links: take it out. With {prefix}SECRET_FILE set, "
            "`floorpulse link rep ID` opens the page of a rep to that rep alone (docs/access.md)"
        )
    rest = name.removeprefix(f"{prefix}ALERT_")
    audience, _, kind = rest.partition("_")
    if rest in _IN_GLOBAL:
        entry = f"global: {{{_IN_GLOBAL[rest]}}}"
    elif audience in _RECEIVER and kind in _IN_RECEIVER:
        entry = f"receivers: [{{name: {_RECEIVER[audience]}, {_IN_RECEIVER[kind]}}}]"
    else:
        return None
    return (
        f"{name} was replaced by a file of receivers: write `{entry}` into it "
        f"and set {prefix}RECEIVERS to its path (`floorpulse alerting receivers` prints an example)"
    )
