"""The `floorpulse` command. Each subcommand is imported when it is called, not before."""

import importlib
import logging
import sys
from typing import Any

import click

COMMANDS = {
    "alerting": "floorpulse.commands.alerting:alerting",
    "compare": "floorpulse.commands.compare:compare",
    "dead-letters": "floorpulse.commands.dead_letters:dead_letters",
    "demo": "floorpulse.demo.command:demo",
    "explain": "floorpulse.commands.explain:explain",
    "forget": "floorpulse.commands.forget:forget",
    "generate": "floorpulse.commands.generate:generate",
    "link": "floorpulse.commands.link:link",
    "recount": "floorpulse.commands.recount:recount",
    "report": "floorpulse.commands.report:report",
    "replay": "floorpulse.commands.replay:replay",
    "roster": "floorpulse.commands.roster:roster",
    "simulate": "floorpulse.commands.simulate:simulate",
    "topics": "floorpulse.commands.topics:topics",
    "wall": "floorpulse.commands.processes:wall",
    "worker": "floorpulse.commands.processes:worker",
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

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error that a person can mend is one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            # Imported late: it knows the errors of every room, and only a failure needs them.
            from floorpulse.errors import message_of  # noqa: PLC0415

            message = message_of(error)
            if message is None:
                raise
            raise click.ClickException(message) from None


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Real-time KPIs of inside-sales floors: correct after any crash, every number explainable.

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
