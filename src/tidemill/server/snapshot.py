"""The definitions as the page needs them: one JSON document that each load of the user's code writes.

    Project ──(a child process)──▶ snapshots/<code>.definitions.json ──▶ Snapshot ──▶ server, page

The server judges freshness by `units`, and shows the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from tidemill.core.collecting import uncollected
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

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, without what is not known."""
        said: dict[str, Any] = {name: value for name, value in self._asdict().items() if value}
        if self.source is not None:
            said["source"] = [self.source.file, self.source.line]
        for name in ("metadata", "checks"):
            if name in said:
                # Through text, which has words for numbers that JSON has none for.
                said[name] = [json.loads(each.model_dump_json(exclude_defaults=True)) for each in said[name]]
        return said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> AssetInfo:
        """Inverse of `to_json`."""
        known = dict(said)
        if "source" in known:
            file, line = known["source"]
            known["source"] = SourceLink.model_construct(file=file, line=line)
        for name, model in (("metadata", MetadataEntry), ("checks", CheckInfo)):
            if name in known:
                known[name] = [model.model_validate(each) for each in known[name]]
        return cls(**known)


class ConfigInfo(NamedTuple):
    """The config of a unit or a resource: its JSON schema, and its defaults without secrets."""

    schema: Mapping[str, Any]
    defaults: Mapping[str, Any] = {}


class Snapshot(NamedTuple):
    """Definitions without functions.

    Attributes:
        id: Digest of all the rest but the times; "" before it is kept.
        code: What was loaded, as `file:PATH`.
        root: The folder from which files are named.
        made_at: UTC microseconds.
        seconds: How long the user's own import took.
        nodes: By key, each after those that it is made from.
        assets: By key.
        units: By name, each after all that it needs: what freshness is judged by. Without those whose partitions only
            a function of the user's can tell.
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

    def to_json(self) -> dict[str, Any]:
        """The document, without its head: `id`, `made_at` and `seconds`."""
        return {
            "format": FORMAT,
            "code": self.code,
            "root": self.root,
            "nodes": _nodes().dump_python(list(self.nodes.values()), exclude_defaults=True),
            "assets": {key: info.to_json() for key, info in self.assets.items()},
            "units": [unit.to_json() for unit in self.units.values()],
            "configs": {name: list(info) for name, info in self.configs.items()},
            "resources": {name: list(info) for name, info in self.resources.items()},
            "jobs": [job.model_dump(exclude_defaults=True) for job in self.jobs],
            "triggers": [trigger.model_dump(exclude_defaults=True) for trigger in self.triggers],
        }

    @classmethod
    @uncollected()
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """Inverse of `to_json`, for a document with its head."""
        return cls(
            data["id"],
            data["code"],
            data["root"],
            data["made_at"],
            data["seconds"],
            {node.key: node for node in _nodes().validate_python(data["nodes"])},
            {key: AssetInfo.from_json(info) for key, info in data["assets"].items()},
            {row[0]: UnitFacts.from_json(row) for row in data["units"]},
            {name: ConfigInfo(*info) for name, info in data["configs"].items()},
            {name: ConfigInfo(*info) for name, info in data["resources"].items()},
            [Job.model_validate(job) for job in data["jobs"]],
            [Trigger.model_validate(trigger) for trigger in data["triggers"]],
        )


@cache
def _nodes() -> TypeAdapter[list[GraphNode]]:
    """All nodes at once: ten thousand validators that are called one by one take three times as long."""
    return TypeAdapter(list[GraphNode])
