"""Logging to standard error: a line for each record, as text for people or as JSON for programs."""

import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.settings import LogSettings

#: Attributes that every record has; the others are its fields.
_STANDARD = frozenset(
    [*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "request_id", "color_message"]
)
_ENCODER = msgspec.json.Encoder(enc_hook=str)


def configure_logging(settings: LogSettings) -> None:
    """Write this process's log as the settings say."""
    logging.config.dictConfig(logging_config(settings))


def logging_config(settings: LogSettings) -> dict[str, Any]:
    """The configuration of `logging` that writes to standard error as the settings say."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "gateway.edge.request_id.RequestIdFilter"}},
        "formatters": {
            "text": {
                "()": f"{__name__}.TextFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
            },
            "json": {"()": f"{__name__}.JsonFormatter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["request_id"],
                "formatter": settings.format,
            },
        },
        "root": {"handlers": ["stderr"], "level": settings.level.upper()},
    }


class TextFormatter(logging.Formatter):
    """Formatter of lines for people: time, level, logger, request, message, and the record's fields as NAME=VALUE."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        """The line without an exception."""
        pairs = [f" {name}={_to_word(value)}" for name, value in _fields(record).items() if value is not None]
        return super().formatMessage(record) + "".join(pairs)


class JsonFormatter(logging.Formatter):
    """Formatter of lines for programs: a JSON object with the record's fields beside time, level and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "request_id": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in _fields(record).items() if value is not None}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _ENCODER.encode(line).decode()


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _to_word(value: Any) -> str:
    """
    A value without blanks, or as JSON.

    >>> _to_word("/Asset/{}"), _to_word(["A", "B"]), _to_word("a b"), _to_word(1.5)
    ('/Asset/{}', 'A,B', '"a b"', '1.5')
    """
    if isinstance(value, list | tuple):
        return ",".join(map(_to_word, value))
    text = str(value)
    return text if text and text.isprintable() and " " not in text else _ENCODER.encode(text).decode()
