"""Assets: the catalog, one of them, its versions, numbers, verdicts, partitions and facts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from tidemill.server.answers import answer
from tidemill.server.models import (
    AssetDetail,
    AssetPage,
    AssetStatus,
    EventPage,
    Metrics,
    Partitions,
    VerdictPage,
    VersionDetail,
    VersionDiff,
    VersionPage,
)
from tidemill.server.queries import (
    assets as queries_assets,
    runs as queries_runs,
    versions as queries_versions,
)
from tidemill.server.queries.assets import Wanted
from tidemill.server.routes.parameters import (
    Cursor,
    Key,
    Kinds,
    Limit,
    Name,
    Number,
    NumberQuery,
    Partition,
    Reading,
    Start,
    Text,
)

router = APIRouter(tags=["assets"])


@router.get("/api/assets", response_model=AssetPage)
def get_assets(
    service: Reading,
    selection: Text = None,
    status: Annotated[list[AssetStatus] | None, Query(max_length=9)] = None,
    query: Annotated[str | None, Query(max_length=1000)] = None,
    cursor: Start = 0,
    limit: Limit = 100,
) -> Response:
    """The catalog: assets that match all that is given, in the order of the graph."""
    wanted = Wanted(selection, tuple(status or ()), query)
    return answer(queries_assets.catalog(service, wanted, cursor, limit))


@router.get("/api/asset", response_model=AssetDetail)
def get_asset(service: Reading, key: Key) -> Response:
    """An asset, with its newest version and why it is not fresh."""
    return answer(queries_assets.asset_detail(service, key))


@router.get("/api/asset/versions", response_model=VersionPage)
def get_versions(
    service: Reading, key: Key, partition: Partition = None, cursor: Cursor = 0, limit: Limit = 50
) -> Response:
    """Versions of an asset, newest first; those of one partition where it is named."""
    return answer(queries_versions.versions_page(service, key, partition, cursor, limit))


@router.get("/api/asset/versions/{number}", response_model=VersionDetail)
def get_version(service: Reading, key: Key, number: Number, partition: Partition = None) -> Response:
    """A version with all that is remembered of it."""
    found = queries_versions.find_version(service, key, partition, number)
    return answer(queries_versions.version_detail(service, found))


@router.get("/api/asset/diff", response_model=VersionDiff)
def get_version_diff(
    service: Reading, key: Key, before: NumberQuery, after: NumberQuery, partition: Partition = None
) -> Response:
    """What differs between two versions of an asset."""
    return answer(queries_versions.version_diff(service, key, partition, before, after))


@router.get("/api/asset/metrics", response_model=Metrics)
def get_metrics(service: Reading, key: Key, partition: Partition = None) -> Response:
    """All numeric metadata of an asset over its versions, oldest first."""
    return answer(queries_versions.metrics_of(service, key, partition))


@router.get("/api/asset/checks", response_model=VerdictPage)
def get_checks(
    service: Reading, key: Key, name: Name = None, cursor: Cursor = 0, limit: Limit = 50
) -> Response:
    """Verdicts of the checks of an asset, newest first."""
    verdicts, place = queries_versions.verdicts_page(service, key, name, cursor, limit)
    return answer(VerdictPage(items=verdicts, next=place))


@router.get("/api/asset/partitions", response_model=Partitions)
def get_partitions(service: Reading, key: Key, start: Start = 0, limit: Limit = 500) -> Response:
    """The partitions of an asset in stretches of one state."""
    return answer(queries_assets.partitions_of(service, key, start, limit))


@router.get("/api/asset/events", response_model=EventPage)
def get_asset_events(
    service: Reading, key: Key, kind: Kinds = None, cursor: Cursor = 0, limit: Limit = 100
) -> Response:
    """Facts about an asset, newest first."""
    return answer(queries_runs.events_of_asset(service, key, cursor, limit, kind or ()))
