"""What the page asks about assets: the catalog, one of them, its partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from tidemill.core.durations import duration_text
from tidemill.definitions.partitions.keysets import KeySet
from tidemill.planning.facts import UnitFacts
from tidemill.server.live.outlook import View
from tidemill.server.models import (
    AssetDetail,
    AssetPage,
    AssetRow,
    AssetStatus,
    CheckInfo,
    GraphNode,
    NodeState,
    PartitionCounts,
    Partitions,
    PartitionStretch,
)
from tidemill.server.queries.versions import version_detail
from tidemill.server.reading.heads import Head
from tidemill.server.reading.shapes import verdicts_of
from tidemill.server.service import Service
from tidemill.server.snapshot import ConfigInfo
from tidemill.storage import page_reads

A_MOMENT = 0.03
"""Seconds that a page waits for what assets take on the disk, before that was worked out for all."""

UNSEEN = NodeState(status="unknown")


class Wanted(NamedTuple):
    """Which assets of the catalog; what is None does not matter."""

    selection: str | None = None
    statuses: tuple[AssetStatus, ...] = ()
    query: str | None = None


def catalog(service: Service, wanted: Wanted, start: int, limit: int) -> AssetPage:
    """A page of the catalog, in the order of the graph.

    Raises:
        InvalidSubsetError: The selection is no expression.
    """
    view = service.view
    keys: Iterable[str] = view.nodes
    if wanted.selection:
        keys = service.select(wanted.selection)
    if wanted.statuses:
        keys = [key for key in keys if _state(service, key).status in wanted.statuses]
    if wanted.query:
        words = wanted.query.casefold().split()
        keys = [key for key in keys if _holds(view.nodes[key], words)]
    found = list(keys)
    page = found[start : start + limit]
    disk = service.disk.of(view.heads, page, A_MOMENT)
    rows = [
        AssetRow(
            node=view.nodes[key],
            state=_state(service, key),
            versions=view.head(key).versions,
            bytes=disk[key].bytes if key in disk else 0,
        )
        for key in page
    ]
    more = start + limit < len(found)
    return AssetPage(items=rows, next=str(start + limit) if more else None, total=len(found))


def _state(service: Service, key: str) -> NodeState:
    return service.outlook.state(key) or UNSEEN


def _holds(node: GraphNode, words: list[str]) -> bool:
    """Whether each word is somewhere in what is written of an asset."""
    tags = [f"{name}={value}" for name, value in node.tags.items()]
    text = "\n".join(
        (node.key, node.group, node.description or "", *node.kinds, *node.owners, *tags)
    ).casefold()
    return all(word in text for word in words)


def asset_detail(service: Service, key: str) -> AssetDetail:
    """An asset as its page shows it.

    Raises:
        NotFoundError: Neither the code nor the store has it.
    """
    key = service.known(key)
    view, store = service.view, service.store
    node, head = view.nodes.get(key), view.head(key)
    info = view.snapshot.assets.get(key) if view.snapshot is not None else None
    unit = view.judged.unit(key) if view.judged is not None else None
    latest = page_reads.latest_of_asset(store, key)
    disk = service.disk.of(view.heads, [key], A_MOMENT)
    config = _config(view, unit)
    detail = AssetDetail(
        key=key,
        defined=view.snapshot is not None and node is not None,
        node=node,
        state=_state(service, key),
        reasons=view.judged.all_reasons(key, store) if view.judged is not None else [],
        unseen=list(unit.unseen) if unit is not None else [],
        latest=version_detail(service, latest) if latest is not None else None,
        versions=head.versions,
        upstream=list(node.deps) if node is not None else [],
        downstream=[other.key for other in view.nodes.values() if key in other.deps],
        checks=_checks(service, key, list(info.checks) if info is not None else []),
        retention=_retention(unit),
        config_schema=dict(config.schema) if config is not None else None,
        config_defaults=dict(config.defaults) if config is not None else {},
        bytes=disk[key].bytes if key in disk else 0,
    )
    if info is None:
        return detail
    told = info._asdict()
    words = {
        name: told[name] for name in ("source", "type", "io_manager", "partitions", "automation", "freshness")
    }
    if info.retention is not None:
        words["retention"] = info.retention
    return detail.model_copy(update={**words, "metadata": list(info.metadata)})


def _config(view: View, unit: UnitFacts | None) -> ConfigInfo | None:
    if unit is None or view.snapshot is None:
        return None
    return view.snapshot.configs.get(unit.name)


def _retention(unit: UnitFacts | None) -> str | None:
    """How long values are kept, in words."""
    if unit is None or (unit.keep is None and unit.ttl is None):
        return None
    told = [f"keep={unit.keep}"] if unit.keep is not None else []
    return ", ".join([*told, *([f"ttl={duration_text(unit.ttl)}"] if unit.ttl is not None else [])])


def _checks(service: Service, key: str, defined: list[CheckInfo]) -> list[CheckInfo]:
    """Checks as they are defined, then those that only the store has; of several partitions the newest verdict."""
    found = verdicts_of(service.store, page_reads.verdicts_of_assets(service.store, [key]))
    latest = {verdict.name: verdict for verdict in sorted(found, key=lambda verdict: verdict.seq)}
    infos = [info.model_copy(update={"latest": latest.pop(info.name, None)}) for info in defined]
    rest = [
        CheckInfo(name=name, blocking=verdict.blocking, latest=verdict) for name, verdict in latest.items()
    ]
    return [*infos, *rest]


def partitions_of(service: Service, key: str, start: int, limit: int) -> Partitions:
    """The partitions of an asset in stretches; all that were made where nobody knows the definition.

    Raises:
        NotFoundError: Neither the code nor the store has the asset.
    """
    key = service.known(key)
    view = service.view
    unit = view.judged.unit(key) if view.judged is not None else None
    if unit is None or view.judged is None or unit.partitions is None:
        return _made_only(service, key, view.head(key), start, limit)
    lost = service.outlook.lost(key)
    sets = view.judged.sets(key, lost)
    if sets is not None:
        stretches = list(_of_sets(sets))
    else:
        states = [
            (
                str(state.partition),
                "failed" if lost and state.partition in lost and state.behind else _told(state.status),
            )
            for state in view.judged.slices(key)
        ]
        stretches = list(_together(states))
    counted: Counter[str] = Counter()
    for one in stretches:
        counted[one.status] += one.count
    return _page(PartitionCounts(total=counted.total(), **counted), stretches, start, limit)


def _page(counts: PartitionCounts, stretches: list[PartitionStretch], start: int, limit: int) -> Partitions:
    more = start + limit < len(stretches)
    return Partitions(
        total=counts.total,
        counts=counts,
        stretches=stretches[start : start + limit],
        next=start + limit if more else None,
    )


def _told(status: str) -> str:
    return "fresh" if status == "skipped" else status


def _together(states: Iterable[tuple[str, str]]) -> Iterator[PartitionStretch]:
    """Neighbours in one state as one stretch."""
    for status, neighbours in groupby(states, key=lambda pair: pair[1]):
        keys = [key for key, _ in neighbours]
        yield PartitionStretch.model_validate(
            {"first": keys[0], "last": keys[-1], "count": len(keys), "status": status}
        )


def _of_sets(sets: Mapping[AssetStatus, KeySet]) -> Iterator[PartitionStretch]:
    """Very many partitions that are known as sets, in the order of the definition."""
    found = [(*stretch, status, some.order) for status, some in sets.items() for stretch in some.stretches()]
    for start, end, status, order in sorted(found, key=lambda one: one[0]):
        first, last = order.key(start), order.key(end)
        yield PartitionStretch.model_validate(
            {"first": first, "last": last, "count": end + 1 - start, "status": status}
        )


def _made_only(service: Service, key: str, head: Head, start: int, limit: int) -> Partitions:
    """Partitions that the store has, where the definition is not known: by name, as it knows no order."""
    keys = page_reads.made_keys(service.store, key)
    found = [PartitionStretch(first=each, last=each, count=1, status="made") for each in keys]
    return _page(PartitionCounts(total=head.partitions, made=head.partitions), found, start, limit)
