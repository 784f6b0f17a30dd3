"""The definitions as the page needs them: one JSON document that each load of the user's code writes.

    Project ──(workshop, a child process)──▶ snapshots/<code>.definitions.json ──▶ Snapshot ──▶ server, page

The server judges freshness by `units`, and shows the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.planning.facts import UnitFacts
from tidemill.server.models import CheckInfo, GraphNode, Job, MetadataEntry, SourceLink, Trigger

FORMAT = 1


class AssetInfo(NamedTuple):
    """What is known of an asset beside its node; texts are in words, as `AssetDetail` has them."""

    source: SourceLink | None = None
    type: str | None = None
    io_manager: str | None = None
    partitions: str | None = None
    automation: str | None = None
    freshness: str | None = None
    retention: str | None = None
    metadata: Sequence[MetadataEntry] = ()
    checks: Sequence[CheckInfo] = ()


class ConfigInfo(NamedTuple):
    """The config of a unit or a resource: its JSON schema, and its defaults without secrets."""

    schema: Mapping[str, Any]
    defaults: Mapping[str, Any] = {}


class Snapshot(NamedTuple):
    """Definitions without functions.

    Attributes:
        id: Digest of all the rest but the times.
        code: What was loaded, as `file:PATH`.
        root: The folder from which files are named.
        made_at: UTC microseconds.
        seconds: How long the user's own import took.
        nodes: By key, each after those that it is made from.
        assets: By key.
        units: By name, each after all that it needs: what freshness is judged by.
        configs, resources: By name; those that take config.
        jobs, triggers: As defined.
    """

    id: str
    code: str
    root: str
    made_at: int
    seconds: float
    nodes: Mapping[str, GraphNode]
    assets: Mapping[str, AssetInfo]
    units: Mapping[str, UnitFacts]
    configs: Mapping[str, ConfigInfo]
    resources: Mapping[str, ConfigInfo]
    jobs: Sequence[Job]
    triggers: Sequence[Trigger]
