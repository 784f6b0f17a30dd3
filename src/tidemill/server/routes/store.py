"""The store: what it takes, how long it keeps it, what is set."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tidemill.server.answers import answer
from tidemill.server.models import StorePage
from tidemill.server.queries import store as queries_store
from tidemill.server.routes.parameters import Limit, Reading, Start

router = APIRouter(tags=["store"])


@router.get("/api/store", response_model=StorePage)
def get_store(service: Reading, start: Start = 0, limit: Limit = 200) -> Response:
    """What the store takes on the disk by asset, the largest first; and the settings."""
    return answer(queries_store.store_page(service, start, limit))
