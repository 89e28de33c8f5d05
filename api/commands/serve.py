"""`beatplan serve`: the HTTP service."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.commands.opening import DataOption, PortOption
from api.server import address_of, listen, make_server
from api.settings import load_settings
from visits.errors import StoreError

app = typer.Typer()


@app.command("serve")
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [default: 127.0.0.1].")] = None,
    port: PortOption = None,
    data: DataOption = None,
) -> None:
    """Serve the HTTP interface until Ctrl-C or SIGTERM."""
    settings = load_settings(host=host, port=port, data_dir=data)
    with listen(settings) as bound:
        base = address_of(bound)

        def ready() -> None:
            print(f"beatplan serves {base} (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201

        server = make_server(settings, ready)
        server.run(sockets=[bound])
    if not server.started:
        raise StoreError("the service could not start; its log above says why")
