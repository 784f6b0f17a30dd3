"""Server-sent events: facts of the log by their place, changed states and the code as whole values, a sign of life.

id: 4711                                 a fact: who reconnects says `Last-Event-ID: 4711`, and goes on after it
event: event
data: {"seq": 4711, …}

event: states                            no id: {"seq", "revision", "states": {key: NodeState, …}}
event: code                              no id: Code
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from anyio import to_thread
from starlette.responses import Response

from tidemill.server.live.feed import Feed, Pulse
from tidemill.server.live.outlook import LiveOutlook
from tidemill.server.port import CodeHost
from tidemill.server.sayable import json_of

HEARTBEAT = 15.0
"""Seconds of silence after which a comment says that the server is there."""

STALLED = 20.0
"""Seconds that a client may take for what it was sent; a slower one is dropped, and comes back with its place."""

FACTS = 200
STATES = 200
"""How many go out at once: some tens of kilobytes."""

MOST_BYTES = 64_000
"""Bytes that are sent at once."""

RETRY = 1_000
"""Milliseconds after which a client that was dropped comes back."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Streams:
    """Everybody who watches.

    Args:
        feed, outlook, host: What there is to see.
        pulse: Beats when there is something new.
        most: How many may watch at a time.
    """

    def __init__(
        self, feed: Feed, outlook: LiveOutlook, host: CodeHost, pulse: Pulse, most: int = 64
    ) -> None:
        self.feed = feed
        self.outlook = outlook
        self.host = host
        self.pulse = pulse
        self.most = most
        self.open = 0
        self.closing = False

    @property
    def full(self) -> bool:
        """Whether nobody else may watch."""
        return self.open >= self.most

    def close(self) -> None:
        """End all streams; those who watch come back to the next server."""
        self.closing = True
        self.pulse.beat()

    async def follow(self, after: int | None, revision: int | None) -> AsyncIterator[bytes]:
        """What a client is sent: what came after a place and a revision, then what comes.

        Args:
            after: Place of the last fact that it has; None is now.
            revision: Of the states that it has; None is now.
        """
        place = self.feed.seq if after is None else min(after, self.feed.seq)
        seen = self.outlook.revision if revision is None else revision
        code: bytes | None = None
        yield b"retry: %d\n\n" % RETRY
        while not self.closing:
            beat = self.pulse.next()
            found, place = await self._facts(place)
            told, seen = self._states(seen)
            changed, code = self._code(code)
            if out := b"".join((*found, told, changed)):
                self.pulse.forget(beat)
                yield out
                continue
            try:
                await asyncio.wait_for(beat, HEARTBEAT)
            except TimeoutError:
                yield b":\n\n"
            finally:
                self.pulse.forget(beat)

    def _code(self, told: bytes | None) -> tuple[bytes, bytes | None]:
        """The code, where it differs from what was told; not before its graph is there: clients ask for that next."""
        code, view = self.host.code, self.outlook.view
        if code.status == "ready" and (view.snapshot is None or view.snapshot.id != code.snapshot):
            return b"", told
        now = json_of(code)
        return (b"" if now == told else b"event: code\ndata: %s\n\n" % now), now

    async def _facts(self, place: int) -> tuple[list[bytes], int]:
        if place >= self.feed.seq:
            return [], place
        sent = self.feed.kept(place, FACTS)
        if sent is None:
            sent = await to_thread.run_sync(self.feed.stored, place, FACTS)
        out: list[bytes] = []
        size = 0
        for one in sent:
            out.append(one.data)
            place, size = one.seq, size + len(one.data)
            if size > MOST_BYTES:
                break
        return out, place

    def _states(self, seen: int) -> tuple[bytes, int]:
        if seen == self.outlook.revision:
            return b"", seen
        revision, found = self.outlook.changes_since(seen, STATES)
        if not found:
            return b"", revision
        head = b'{"seq":%d,"revision":%d,"states":{' % (self.feed.seq, revision)
        return b"event: states\ndata: %s%s}}\n\n" % (head, b",".join(found)), revision


class EventStream(Response):
    """The answer that goes on: it ends when the client leaves, or takes too long for what it was sent."""

    media_type = "text/event-stream"

    def __init__(self, streams: Streams, after: int | None, revision: int | None) -> None:
        super().__init__()
        self._streams = streams
        self._after = after
        self._revision = revision

    async def __call__(
        self,
        scope: MutableMapping[str, Any],  # noqa: ARG002  (of every ASGI app)
        receive: Receive,
        send: Send,
    ) -> None:
        """Serve it."""
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._streams.open += 1
        leaving = asyncio.ensure_future(_left(receive))
        sending = asyncio.ensure_future(self._send(send))
        try:
            await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.open -= 1
            for task in (leaving, sending):
                task.cancel()
                with suppress(asyncio.CancelledError, TimeoutError, OSError):
                    await task
        with suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send) -> None:
        async for chunk in self._streams.follow(self._after, self._revision):
            message = {"type": "http.response.body", "body": chunk, "more_body": True}
            await asyncio.wait_for(send(message), STALLED)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
