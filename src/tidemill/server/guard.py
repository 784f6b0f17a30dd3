"""Who may ask what: the first to see every request, before anything of it is read.

    Host on the list? ─▶ token, where there is one ─▶ from a page of ours, or from none? ─▶ JSON, not too much

A page that some other site shows in the same browser can send requests here, too: it is known by `Sec-Fetch-Site` and
`Origin`. A name of its own that it points at this address is known by `Host`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from tidemill.core.errors import InvalidConfigError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_BYTES = 10_000_000
"""Of the body of a request."""

COOKIE = "tidemill-token"
SHORTEST_TOKEN = 16
READING = frozenset(("GET", "HEAD"))
POLICY = (
    "default-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "worker-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refusal(NamedTuple):
    """Why a request is not let in."""

    status: int
    problem: str
    subject: str | None = None
    found: str | None = None
    expected: str | None = None
    next_step: str | None = None


class Guard:
    """ASGI middleware.

    Args:
        app: What is guarded.
        hosts: Names under which the server may be asked, beside those of this machine's loopback.
        token: What every request has to show; None where all who can reach the server may ask.
    """

    def __init__(self, app: App, *, hosts: Iterable[str] = (), token: str | None = None) -> None:
        self._app = app
        self._hosts = frozenset(filter(None, map(host_name, (*LOOPBACK, *hosts))))
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        shielded = _with_headers(send)
        headers = _headers(scope)
        refusal = self._refuse_host(headers)
        if refusal is None and self._token is not None:
            given = _query_token(scope)
            if given is not None and scope["method"] == "GET" and self._is_token(given):
                await _move_in(scope, shielded, given)
                return
            refusal = self._refuse_stranger(headers)
        refusal = refusal or _refuse_other_site(scope, headers) or _refuse_body(scope, headers)
        if refusal is not None:
            await _answer(shielded, refusal, bodyless=scope["method"] == "HEAD")
            return
        await self._pass(scope, receive, shielded)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        read, refused = 0, False

        async def counted() -> Message:
            nonlocal read, refused
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES and not refused:
                refused = True
                await _answer(send, _too_large("a body without a length"))
            return {"type": "http.disconnect"} if refused else message

        async def unless_refused(message: Message) -> None:
            if not refused:
                await send(message)

        await self._app(scope, counted, unless_refused)

    def _refuse_host(self, headers: dict[bytes, list[bytes]]) -> Refusal | None:
        given = headers.get(b"host", [])
        name = host_name(given[0].decode("latin-1")) if len(given) == 1 else None
        if name is not None and name in self._hosts:
            return None
        found = ", ".join(each.decode("latin-1") for each in given)[:200]
        allowed = ", ".join(sorted(self._hosts))
        return Refusal(
            403,
            "This server does not answer under that name",
            "Host",
            repr(found) if given else "no Host header",
            allowed,
            f"open it under one of these, or start it with `--allow-host {name or 'NAME'}`",
        )

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), (self._token or "").encode())

    def _refuse_stranger(self, headers: dict[bytes, list[bytes]]) -> Refusal | None:
        shown = [text for value in headers.get(b"authorization", []) if (text := _bearer(value)) is not None]
        shown += _cookies(headers)
        if any(map(self._is_token, shown)):
            return None
        return Refusal(
            401,
            "This server needs a token",
            "Authorization",
            "one that is not the server's" if shown else "none",
            "`Authorization: Bearer TOKEN`, or the cookie that the address with `?token=` leaves",
            "open the address that `tidemill` printed when the server was started",
        )


def check_address(host: str, token: str | None) -> None:
    """Refuse to serve where others can ask, without a token.

    Raises:
        InvalidConfigError: The address is not of this machine's loopback and there is no token, or it is too short.
    """
    name = host_name(host)
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise InvalidConfigError(
            "The token of the server is too short",
            subject="token",
            found=f"{len(token)} characters",
            expected=f"{SHORTEST_TOKEN} or more, by chance",
            next_step="leave it out, and one is made",
        )
    if token is None and not is_loopback(name):
        raise InvalidConfigError(
            f"On {host} others can reach the server, and it has no token",
            subject="host",
            found=host,
            expected="127.0.0.1, or a token",
            next_step="give it one (`--token`), or serve on 127.0.0.1 and reach it by `ssh -L`",
        )


def is_loopback(name: str | None) -> bool:
    """Whether only this machine can reach an address."""
    if name == "localhost":
        return True
    try:
        return name is not None and ip_address(name).is_loopback
    except ValueError:
        return False


def host_name(text: str) -> str | None:
    """The name in a `Host` header or an address, to be compared: without port, in lower case; None where it is none.

    Of several spellings of an address (`127.1`, `0x7f.1`) only the usual one is one.
    """
    text = text.strip().lower()
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        if not bracket or (port and not _is_port(port)):
            return None
    elif text.count(":") > 1:
        name = text  # an IPv6 address without brackets, as `--host` takes it
    else:
        name, colon, port = text.partition(":")
        if colon and not _is_port(f":{port}"):
            return None
    if ":" in name:
        try:
            return ip_address(name).compressed
        except ValueError:
            return None
    name = name.removesuffix(".")
    return name if name and all(c.isascii() and (c.isalnum() or c in "-._") for c in name) else None


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isascii() and (not text[1:] or text[1:].isdecimal())


def _headers(scope: Scope) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


def _bearer(value: bytes) -> str | None:
    scheme, _, token = value.decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookies(headers: dict[bytes, list[bytes]]) -> list[str]:
    found = []
    for value in headers.get(b"cookie", []):
        try:
            cookie = SimpleCookie(value.decode("latin-1")).get(COOKIE)
        except CookieError:
            continue
        if cookie is not None:
            found.append(cookie.value)
    return found


def _query_token(scope: Scope) -> str | None:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return next((value for name, value in pairs if name == "token"), None)


async def _move_in(scope: Scope, send: Send, token: str) -> None:
    """Keep the token in a cookie, and have the address lose it: addresses are remembered and passed on."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in pairs if name != "token"])
    # Of this server, whatever the path says: `//name` would be another.
    path = "/" + scope["raw_path"].decode("latin-1").partition("?")[0].lstrip("/\\")
    cookie: SimpleCookie = SimpleCookie()
    cookie[COOKIE] = token
    for name, value in (("path", "/"), ("httponly", True), ("samesite", "Strict")):
        cookie[COOKIE][name] = value
    headers = [
        (b"location", f"{path}?{rest}".removesuffix("?").encode("latin-1")),
        (b"set-cookie", cookie[COOKIE].OutputString().encode("latin-1")),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _refuse_other_site(scope: Scope, headers: dict[bytes, list[bytes]]) -> Refusal | None:
    """Every request comes from a page of this server or from no page at all; but a link may lead here from anywhere."""
    sites = headers.get(b"sec-fetch-site", [])
    origins = headers.get(b"origin", [])
    host = headers[b"host"][0].decode("latin-1").strip().lower()
    own = {f"{scheme}://{host}" for scheme in ("http", "https")}
    foreign = [origin for origin in origins if origin.decode("latin-1").strip().lower() not in own]
    is_link = scope["method"] in READING and headers.get(b"sec-fetch-mode") == [b"navigate"]
    other = [site for site in sites if site not in (b"same-origin", b"none") and not is_link]
    if not foreign and not other:
        return None
    return Refusal(
        403,
        "This request comes from a page of another site",
        "Origin" if foreign else "Sec-Fetch-Site",
        (foreign or other)[0].decode("latin-1")[:200],
        f"a page of {host}",
        "open the page of this server itself",
    )


def _refuse_body(scope: Scope, headers: dict[bytes, list[bytes]]) -> Refusal | None:
    length = headers.get(b"content-length", [b""])[0]
    if length.isdigit() and int(length) > MOST_BYTES:
        return _too_large(f"{int(length):,} bytes")
    if scope["method"] in READING:
        return None
    kind = headers.get(b"content-type", [b""])[0].partition(b";")[0].strip().lower()
    if kind == b"application/json":
        return None
    return Refusal(
        415,
        "A request is JSON here",
        "Content-Type",
        kind.decode("latin-1")[:100] or "none",
        "application/json",
        "send the header `Content-Type: application/json`",
    )


def _too_large(found: str) -> Refusal:
    return Refusal(413, "The request is too large", "body", found, f"at most {MOST_BYTES:,} bytes")


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            more = [(name, value) for name, value in HEADERS if name not in given]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending


async def _answer(send: Send, refusal: Refusal, *, bodyless: bool = False) -> None:
    told = {**refusal._asdict(), "details": []}
    del told["status"]
    body = json.dumps(told).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodyless else body})
