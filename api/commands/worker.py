"""`beatplan worker`: carries out jobs, beside that of the service or in place of it."""

from __future__ import annotations

import logging.config
import sys
import threading

import typer

from api.commands.opening import DataOption
from api.jobs.worker import Worker, stop_on_signals, work_until
from api.logs import logging_config
from api.settings import load_settings

app = typer.Typer()


@app.command("worker")
def worker(data: DataOption = None) -> None:
    """Carry out planning runs until Ctrl-C or SIGTERM; start as many as you like on one PostgreSQL database."""
    settings = load_settings(data_dir=data)
    logging.config.dictConfig(logging_config(settings.log_format))
    stopping = threading.Event()
    stop_on_signals(stopping)
    running = Worker(settings)
    print(f"beatplan works as {running.lease.worker_id} (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201
    work_until(running, stopping)
