"""What `tidemill dev` and `tidemill server` have in common: the address, the code behind it, and the end."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from tidemill.cli.terminal import paint
from tidemill.core.errors import InvalidConfigError
from tidemill.core.secrets import mask
from tidemill.core.settings import Settings

if TYPE_CHECKING:
    from tidemill.core.records import CodeRef
    from tidemill.server.port import CodeHost
    from tidemill.server.workshop.workshop import Workshop

PORT = 7878
MADE = ""
"""What `--token` without a text stands for."""


def add_address_arguments(parser: argparse.ArgumentParser) -> None:
    """`--host`, `--port`, `--token` and `--allow-host`."""
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (127.0.0.1)")
    parser.add_argument(
        "--port",
        default=str(PORT),
        metavar="NUMBER",
        help=f"port to listen on; 0 is any that is free ({PORT})",
    )
    parser.add_argument(
        "--token",
        nargs="?",
        const=MADE,
        metavar="TEXT",
        help="what every request has to show; without TEXT one is made. Needed where others can reach the server",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        metavar="NAME",
        help="a name under which the server may be asked, such as that of a proxy; may be repeated",
    )


def port_of(text: str) -> int:
    """A port.

    Raises:
        InvalidConfigError: It is none.
    """
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number < 1 << 16:
        raise InvalidConfigError(
            f"--port cannot be {text!r}",
            subject="--port",
            found=repr(text),
            expected="a number from 0 to 65535",
        )
    return number


def check_file(code: CodeRef) -> None:
    """Refuse a file that is not there: nothing would ever come of waiting for it.

    Raises:
        UserCodeLoadError: It is not there.
    """
    from pathlib import Path

    from tidemill.core.errors import UserCodeLoadError

    if code.kind != "module" and not Path(code.target).is_file():
        raise UserCodeLoadError(
            f"There is no file {code.target}",
            subject=code.target,
            found="a folder" if Path(code.target).is_dir() else "nothing",
            expected="a Python file",
            next_step="name the file with your assets: -f FILE",
        )


def hire_workshop(code: CodeRef, settings: Settings, *, watching: bool) -> Workshop:
    """Have the code imported, in a process of its own; from here on it must be closed."""
    if code.kind == "module" and settings.project is not None:
        sys.path.insert(0, str(settings.project))  # a module in a setting is meant from where the file is
    from tidemill.server.workshop.benches import Bench

    first = Bench(spare=False)  # before what the workshop itself imports: it begins meanwhile
    from tidemill.server.workshop.workshop import Workshop

    return Workshop(code, settings, first, watching=watching)


def serve(
    arguments: argparse.Namespace,
    settings: Settings,
    code: CodeRef | None,
    *,
    watching: bool = False,
    opening: bool = False,
) -> int:
    """Serve until Ctrl-C; 0.

    Args:
        arguments: Of the command: `host`, `port`, `token`, `allow_host` and `read_only`.
        settings: Of the command.
        code: What the page shows and runs; None shows what was last loaded.
        watching: Whether the code is loaded again when it is edited.
        opening: Whether a browser opens.

    Raises:
        TidemillError: There is nothing to serve, or no place to do it.
    """
    port = port_of(arguments.port)
    if code is not None:
        check_file(code)
    token = arguments.token
    if token == MADE and token is not None:
        import secrets

        token = secrets.token_urlsafe(24)
    signal.signal(signal.SIGTERM, _interrupted)
    with contextlib.ExitStack() as stack:
        host: CodeHost
        if code is not None:
            # Before the server's own imports: another interpreter imports meanwhile.
            workshop = hire_workshop(code, settings, watching=watching)
            stack.callback(_close, workshop)
            workshop.subscribe(lambda: _tell_trouble(workshop))
            host = workshop
        else:
            host = _last_seen(settings)
        from tidemill.server import serving

        listening = serving.bind(arguments.host, port, token)
        address = serving.address_of(listening, arguments.host, token)

        def up() -> None:
            sys.stdout.write(f"Tidemill is at {address} (Ctrl-C ends it)\n")
            sys.stdout.flush()
            if opening:
                _open(address)

        serving.serve(
            listening,
            host,
            settings,
            up,
            read_only=arguments.read_only,
            token=token,
            hosts=arguments.allow_host or (),
        )
    return 0


def _last_seen(settings: Settings) -> CodeHost:
    from tidemill.server.nobody import NobodyHost
    from tidemill.server.workshop.archive import last

    return NobodyHost(last(settings.home))


def _interrupted(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (as Python calls it)
    raise KeyboardInterrupt


def _close(workshop: Workshop) -> None:
    """End the runs; a second Ctrl-C kills what has not ended."""
    try:
        workshop.close()
    except KeyboardInterrupt:
        sys.stderr.write("killed\n")
        workshop.close(kill=True)


def _tell_trouble(workshop: Workshop) -> None:
    """That the code cannot be loaded is told where the server was started, too."""
    code = workshop.code
    if code.status != "broken" or code.problem is None:
        return
    trace = f"{code.traceback.rstrip()}\n\n" if code.traceback else ""
    sys.stderr.write(mask(f"{trace}{paint('error:', 'red', sys.stderr)} {code.problem.problem}\n"))
    sys.stderr.flush()


def _open(address: str) -> None:
    """Show the page, where there is a screen; what a browser prints is nobody's business."""
    import threading
    import webbrowser

    if not sys.stdout.isatty() or not _has_screen():
        return

    def show() -> None:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)

    threading.Thread(target=show, daemon=True).start()


def _has_screen() -> bool:
    return sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
