"""Where the log goes: stderr, one line per message, with the request or run that it belongs to.

No line holds the data of a customer: requests are named by their operation, things by their ids.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is being answered."""
RUN_ID: ContextVar[str | None] = ContextVar("run_id", default=None)
"""The planning run that is being carried out."""
FIELDS = ("request", "run", "operation", "status", "ms", "person")


class Context(logging.Filter):
    """Writes on each message which request or run it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        if not hasattr(record, "request"):
            record.request = REQUEST_ID.get()
        if not hasattr(record, "run"):
            record.run = RUN_ID.get()
        return True


class TextLines(logging.Formatter):
    """Lines for people; the ids at the end."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        known = {name: getattr(record, name, None) for name in FIELDS}
        told = " ".join(f"{name}={value}" for name, value in known.items() if value is not None)
        return f"{super().format(record)}{' ' + told if told else ''}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The message on one line, whatever others have put into it; a traceback comes after."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


class JsonLines(logging.Formatter):
    """One JSON object per line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback is text inside it."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def logging_config(log_format: str) -> dict[str, Any]:
    """For logging.config.dictConfig; stdout stays free for what a command answers."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": Context}},
        "formatters": {
            "text": {"()": TextLines, "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": JsonLines},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["context"],
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "beatplan": {"level": "INFO"},
            "beatplan.requests": {"level": "INFO" if log_format == "json" else "WARNING"},
            "uvicorn": {"level": "WARNING"},
        },
    }
