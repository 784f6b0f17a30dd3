"""What routes take, and how it is checked before anything is looked up: names, ids, places, sizes of pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from tidemill.server.service import Service

LINE = r"^[^\x00-\x1f\x7f]+$"
"""A name that a user gave: any text of one line."""

ID = r"^[A-Za-z0-9_-]{1,64}$"
"""The number of a run, or its id: nothing that a path could be made of."""

FURTHEST = 2**62
"""Greatest place, number or time: more than a store will ever have, and less than SQLite can say."""


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _writable(request: Request) -> Service:
    service = _service(request)
    service.writable()
    return service


Reading = Annotated[Service, Depends(_service)]
Writing = Annotated[Service, Depends(_writable)]

Key = Annotated[
    str, Query(alias="key", min_length=1, max_length=1000, pattern=LINE, description="An asset, as `a/b`")
]
MaybeKey = Annotated[str | None, Query(min_length=1, max_length=1000, pattern=LINE)]
Partition = Annotated[
    str | None, Query(min_length=1, max_length=1000, pattern=LINE, description="One partition of it")
]
Run = Annotated[str, Path(pattern=ID, description="The number of a run, or its id")]
RunQuery = Annotated[str, Query(pattern=ID)]
Number = Annotated[int, Path(ge=1, le=FURTHEST)]
NumberQuery = Annotated[int, Query(ge=1, le=FURTHEST)]
Step = Annotated[str, Query(min_length=1, max_length=2000, pattern=LINE)]
MaybeStep = Annotated[str | None, Query(min_length=1, max_length=2000, pattern=LINE)]
Attempt = Annotated[int | None, Query(ge=1, le=1_000_000, description="None is the last")]
Name = Annotated[str | None, Query(min_length=1, max_length=1000, pattern=LINE)]
Text = Annotated[str | None, Query(max_length=4_000)]
Kinds = Annotated[list[str] | None, Query(max_length=40, description="Kinds of facts; None is all")]
Place = Annotated[int, Query(ge=0, le=FURTHEST, description="The place of the last that one has")]
Cursor = Annotated[
    int, Query(ge=0, le=FURTHEST, description="`next` of the page before; 0 is the first page")
]
Start = Annotated[int, Query(ge=0, le=1_000_000_000, description="`next` of the page before")]
Moment = Annotated[int | None, Query(ge=0, le=FURTHEST, description="UTC microseconds")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Lines = Annotated[int, Query(ge=1, le=5000)]
