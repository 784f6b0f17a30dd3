"""The app: every route, behind the guard, with the page's files beside them.

uvicorn ─▶ Guard ─▶ FastAPI ─┬─ /api/…   routes ─▶ queries ─▶ Service
                             └─ /…       the page: its files, and its index for every other address
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute

from tidemill.core.clock import Clock
from tidemill.core.settings import Settings
from tidemill.core.version import __version__
from tidemill.server import problems
from tidemill.server.guard import Guard
from tidemill.server.nobody import NobodyHost
from tidemill.server.pages import add_pages
from tidemill.server.port import CodeHost
from tidemill.server.routes import assets, events, overview, requests, runs, store
from tidemill.server.service import Service

ROUTERS = (overview.router, events.router, assets.router, runs.router, requests.router, store.router)


def create_app(
    folder: Path,
    host: CodeHost | None = None,
    *,
    settings: Settings | None = None,
    read_only: bool = False,
    token: str | None = None,
    hosts: Iterable[str] = (),
    static: Path | None = None,
    clock: Clock | None = None,
    most_streams: int = 64,
) -> FastAPI:
    """The app of a store.

    Args:
        folder: Of the store; made where there is none, unless it is only read.
        host: Has the code; None where nobody has. It is closed by whoever made it.
        settings: Of the project, for the page that lists them; None is those of the store alone.
        read_only: Whether nothing is written: no run, no end of one, no migration.
        token: What every request has to show; None where all who can reach the server may ask (see `check_address`).
        hosts: Names under which it may be asked, beside those of the loopback.
        static: Folder with the built page; None where there is none.
        clock: Where time comes from.
        most_streams: How many pages may watch at a time.

    Raises:
        StoreError: The store is not there and may not be made, or cannot be read.
        StoreVersionError: A newer Tidemill wrote it, or an older one and it is only read.
    """
    service = Service(
        folder,
        host or NobodyHost(),
        settings=settings or Settings(home=folder),
        read_only=read_only,
        clock=clock,
        most_streams=most_streams,
    )

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        service.start(asyncio.get_running_loop())
        try:
            yield
        finally:
            await asyncio.to_thread(service.close)

    app = bare_app(life)
    app.state.service = service
    app.add_middleware(Guard, hosts=tuple(hosts), token=token)
    add_pages(app, static)
    return app


def bare_app(life: object = None) -> FastAPI:
    """The routes without anything behind them: what the OpenAPI document is made from."""
    app = FastAPI(
        title="Tidemill",
        version=__version__,
        description="Assets, versions and runs of a store, and what may be asked to be done.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,  # type: ignore[arg-type]
        generate_unique_id_function=_operation,
        responses=problems.RESPONSES,
        redirect_slashes=False,
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app


def _operation(route: APIRoute) -> str:
    """The name of a function as a client has it: `get_run_diff` is `getRunDiff`."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), route.name)
