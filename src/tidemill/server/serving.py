"""Serves the app at an address, from the first request that comes to Ctrl-C.

bind (is the port free?) ─▶ host starts to import ─▶ app ─▶ uvicorn … Ctrl-C ─▶ streams end ─▶ requests end
"""

from __future__ import annotations

import errno
import secrets
import socket
from collections.abc import Callable, Iterable
from pathlib import Path

import uvicorn

from tidemill.core.errors import InvalidConfigError
from tidemill.core.settings import Settings
from tidemill.server.app import create_app
from tidemill.server.guard import check_address
from tidemill.server.port import CodeHost

STATIC = Path(__file__).parent / "static"
PATIENCE = 2
"""Seconds that requests have to end when the server does."""


def bind(host: str, port: int, token: str | None) -> socket.socket:
    """A socket that listens at an address.

    Args:
        host: Name or address.
        port: 0 is any that is free.
        token: Of the server: an address that others can reach needs one.

    Raises:
        InvalidConfigError: There is no token where one is needed, the port is in use, or the address is none of this
            machine's.
    """
    check_address(host, token)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        raise InvalidConfigError(
            f"Port {port} of {host} is in use" if in_use else f"The server cannot listen at {host}:{port}",
            subject="port" if in_use else "host",
            found="another process that listens there, perhaps another Tidemill" if in_use else str(error),
            expected="a port that is free"
            if in_use
            else "an address of this machine, and a port that it may have",
            next_step="open the page of that one, or give --port 0 for any that is free"
            if in_use
            else "give --host 127.0.0.1 --port 0",
        ) from None
    return listening


def new_token() -> str:
    """A token by chance."""
    return secrets.token_urlsafe(24)


def address_of(listening: socket.socket, host: str, token: str | None) -> str:
    """Where a browser finds the page."""
    port = listening.getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/{f'?token={token}' if token else ''}"


class _Server(uvicorn.Server):
    """uvicorn that says when it is up, and ends the streams when it is told to end: they would never by themselves."""

    def __init__(
        self, config: uvicorn.Config, up: Callable[[], None], streams_end: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._up = up
        self._streams_end = streams_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the rest."""
        self._streams_end()
        await super().shutdown(sockets)


def serve(
    listening: socket.socket,
    host: CodeHost,
    settings: Settings,
    up: Callable[[], None],
    *,
    read_only: bool = False,
    token: str | None = None,
    hosts: Iterable[str] = (),
) -> None:
    """Serve until Ctrl-C, SIGTERM, or for ever; the host is its owner's to close.

    Args:
        listening: What `bind` gave.
        host: Has the code.
        settings: Of the project.
        up: Called when requests are answered.
        read_only: Whether nothing is written.
        token: What every request has to show.
        hosts: Names under which it may be asked, beside those of the loopback.

    Raises:
        StoreError: The store cannot be read.
    """
    static = STATIC if (STATIC / "index.html").is_file() else None
    app = create_app(
        settings.home,
        host,
        settings=settings,
        read_only=read_only,
        token=token,
        hosts=hosts,
        static=static,
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=PATIENCE,
        server_header=False,
        lifespan="on",
        ws="none",
    )
    server = _Server(config, up, app.state.service.streams.close)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return  # uvicorn raises it again once all has ended
    finally:
        listening.close()
