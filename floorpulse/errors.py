"""The errors that end a command with one line; any other is a bug and shows its traceback."""

import errno

from streams.audit.explain import MismatchError
from streams.audit.question import QuestionError
from streams.changelog.lost_history import IncompleteError
from streams.changelog.restore import UnreadableRowError
from streams.events.flood import FloodError
from streams.kafka.connection import KafkaError, KafkaUnusableError
from streams.ledgers.rows import NewerRowError
from streams.settings import SettingError
from streams.worker.http import PortTakenError

EXPECTED = (
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


def message_of(error: BaseException) -> str | None:
    """What to say of an error in place of its traceback; None for a bug."""
    if isinstance(error, EXPECTED):
        return str(error)
    if isinstance(error, KafkaError):
        return _of_kafka(error)
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        return str(error)
    return None


def _of_kafka(error: KafkaError) -> str:
    text = str(error) or type(error).__name__
    if "AuthorizationFailed" in repr(error):
        return f"Kafka denies a right ({text}): docs/kafka.md lists those that are needed"
    return f"Kafka refuses: {text}"
