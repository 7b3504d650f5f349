"""The `floorpulse` command. Each subcommand is imported when it is called, not before."""

import importlib
import logging
import sys

import click

COMMANDS = {
    "alerting": "floorpulse.alerting:alerting",
    "dead-letters": "floorpulse.deadletters:dead_letters",
    "demo": "floorpulse.demo:demo",
    "explain": "floorpulse.explain:explain",
    "generate": "floorpulse.generate:generate",
    "recount": "floorpulse.audit:recount",
    "replay": "floorpulse.feed:replay",
    "roster": "floorpulse.rosters:roster",
    "simulate": "floorpulse.simulate:simulate",
    "topics": "floorpulse.topics:topics",
    "wall": "floorpulse.run:wall",
    "worker": "floorpulse.run:worker",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Real-time KPIs of inside-sales floors: right after any crash, explained on request.

    \b
    Try it:             floorpulse demo
    Run it for a floor: floorpulse topics create, then floorpulse worker and floorpulse wall
    Audit a number:     floorpulse explain REP MEASURE WINDOW, or floorpulse recount FILE

    Settings come from the environment (FLOORPULSE_…); docs/settings.md lists them.
    """
    # Commands say themselves what went wrong; a client's every attempt is for long-running ones.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
