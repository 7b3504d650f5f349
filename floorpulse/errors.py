"""The errors that end a command with one line; any other is a bug and shows its traceback."""

from streams.audit.explain import MismatchError
from streams.audit.question import QuestionError
from streams.changelog.lost_history import IncompleteError
from streams.changelog.restore import UnreadableRowError
from streams.events.flood import FloodError
from streams.kafka.connection import AUTHORIZATION_ERRORS, KafkaError, KafkaUnusableError
from streams.ledgers.rows import NewerRowError
from streams.settings import SettingError
from streams.worker.http import PortTakenError

EXPECTED = (
    *AUTHORIZATION_ERRORS,
    FloodError,
    IncompleteError,
    KafkaUnusableError,
    MismatchError,
    NewerRowError,
    PortTakenError,
    QuestionError,
    SettingError,
    UnreadableRowError,
)
# One line is enough of these in a command that a person has just called; what runs for weeks logs
# their traceback first.
OF_THE_WORLD = (KafkaError, OSError)


def message_of(error: BaseException) -> str | None:
    """What to say of an error in place of its traceback; None for a bug."""
    if isinstance(error, AUTHORIZATION_ERRORS):
        return f"Kafka denies a right ({error}): docs/kafka.md lists those that are needed"
    if isinstance(error, EXPECTED):
        return str(error)
    if isinstance(error, KafkaError):
        return f"Kafka refuses: {str(error) or type(error).__name__}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None
