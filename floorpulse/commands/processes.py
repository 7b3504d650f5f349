"""`worker` and `wall`: the long-running processes."""

import logging
import threading

import click

from dashboards.wall.explanation import explains_nothing
from dashboards.wall.server import WallConfig, run_wall
from floorpulse.access.explaining import Explaining
from floorpulse.access.links import door_of
from floorpulse.access.roster_file import RosterFile
from floorpulse.errors import EXPECTED, OF_THE_WORLD
from floorpulse.inputs import read_roster, settings_of_env
from streams.worker.process import run_worker

log = logging.getLogger(__name__)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record says more than the last line will.

    Faust logs a traceback of each crash, and after one of stopping the client's thread, which has
    ended with its loop. What aiohttp logs of a request that is no HTTP quotes it, with its cookie.
    """
    error = record.exc_info[1] if record.exc_info else None
    is_after = isinstance(error, RuntimeError) and str(error) == "Event loop is closed"
    is_request = record.name == "aiohttp.server" and type(error).__module__.startswith("aiohttp.")
    return not (is_after or is_request or isinstance(error, EXPECTED))


def _log_thread_error(ended: threading.ExceptHookArgs) -> None:
    log.error("a thread ended by an error", exc_info=ended.exc_value)


def log_to_stderr() -> None:
    """Our own messages from INFO on, the libraries' only when something is wrong."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=form)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_news)
    threading.excepthook = _log_thread_error
    for name in ("streams", "dashboards", "floorpulse"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    for name in ("faust_batches", "faust_recovery"):  # Faust's services log there
        logging.getLogger(f"streams.worker.{name}").setLevel(logging.WARNING)
    logging.getLogger("faust.agents").setLevel(logging.CRITICAL)  # what it logs there is raised too


@click.command()
@click.option(
    "--accept-incomplete",
    is_flag=True,
    help="Start despite lost records; marks every number incomplete.",
)
def worker(accept_incomplete: bool) -> None:
    """Count the events, as one process of the group.

    Start as many as you like. Needs the topics (`floorpulse topics create`) and the roster. Serves
    /metrics, /livez and /readyz. SIGTERM stops it in order; a kill at any moment costs nothing but
    a restart.

    \b
    FLOORPULSE_BROKERS=kafka-1:9092 FLOORPULSE_ROSTER=roster.yaml floorpulse worker
    """
    log_to_stderr()
    settings = settings_of_env()
    roster = read_roster(settings.roster, settings.unassigned_zone)
    try:
        run_worker(settings, roster, accept_incomplete=accept_incomplete)
    except OF_THE_WORLD as error:
        if not isinstance(error, EXPECTED):
            log.error("the worker ended by an error", exc_info=error)
        raise


@click.command()
def wall() -> None:
    """Show the floors on a page for a television.

    Fed by Redis; start as many as you like. / is the wall, /?floor=NAME one floor of it, /data the
    same as JSON: teams and floors only. On loopback it is open; elsewhere it asks for a link
    (`floorpulse link wall`), unless FLOORPULSE_WALL_OPEN=1. With FLOORPULSE_SECRET_FILE a link of
    `floorpulse link rep ID` opens the page of that rep. With FLOORPULSE_ALERTMANAGER_URL alerts
    that fire are shown too, but none about a rep.

    \b
    FLOORPULSE_REDIS_URL=redis://redis:6379/0 floorpulse wall
    """
    log_to_stderr()
    settings = settings_of_env()
    roster = RosterFile(settings.roster, settings.unassigned_zone)
    config = WallConfig(
        redis_url=settings.redis_url,
        redis_password=settings.redis_password,
        redis_cluster=settings.redis_cluster,
        app_id=settings.app_id,
        bind=settings.bind,
        port=settings.wall_port,
        door=door_of(settings, roster),
        smallest_team=settings.smallest_team,
        frame_ancestors=settings.frame_ancestors,
        language=settings.lang,
        alertmanager_url=settings.alertmanager_url,
        explain=Explaining(settings, roster) if settings.secret else explains_nothing,
    )
    try:
        run_wall(config)
    except OSError as error:
        problem = f"cannot serve on {settings.bind}:{settings.wall_port} ({error.strerror})"
        raise click.ClickException(f"{problem}; set FLOORPULSE_WALL_PORT to a free port") from None
    except ValueError as error:
        raise click.ClickException(f"FLOORPULSE_REDIS_URL: {error}") from None
