"""Where the service's log goes: stderr, one line per message."""

from __future__ import annotations

from typing import Any

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        "beatplan": {"level": "INFO"},
        "uvicorn": {"level": "WARNING"},
    },
}
"""For logging.config.dictConfig; stdout stays free for what a command answers."""
