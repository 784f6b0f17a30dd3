"""The graph where nobody has the code: assets of the store, and what their newest versions were made from."""

from __future__ import annotations

from collections.abc import Mapping

from tidemill.server.models import GraphNode
from tidemill.server.reading.heads import Head
from tidemill.storage import page_reads
from tidemill.storage.reads import Reads

TOGETHER = 500


def nodes_of_store(store: Reads, heads: Mapping[str, Head]) -> dict[str, GraphNode]:
    """Nodes by key, each after those that it is made from, as far as they do not go in a circle over time."""
    needs: dict[str, list[str]] = {}
    places = sorted(head.latest for head in heads.values() if head.latest is not None)
    for start in range(0, len(places), TOGETHER):
        for found in page_reads.heads(store, places[start : start + TOGETHER]):
            version = page_reads.document(found.data)["version"]
            needs[found.asset] = list(dict.fromkeys(each["asset"] for each in version.get("inputs", ())))
    known = dict.fromkeys([*heads, *(asset for assets in needs.values() for asset in assets)])
    nodes: dict[str, GraphNode] = {}
    for key in _in_order(list(known), needs):
        head = heads.get(key)
        nodes[key] = GraphNode(
            key=key,
            group="default",
            deps=needs.get(key, []),
            source=key not in needs,
            partitions=head.partitions or None if head is not None else None,
        )
    return nodes


def _in_order(keys: list[str], needs: Mapping[str, list[str]]) -> list[str]:
    """Keys after what they need; a circle is cut where it is met."""
    done: dict[str, None] = {}
    begun: set[str] = set()
    for start in keys:
        waiting = [start]
        while waiting:
            key = waiting[-1]
            begun.add(key)
            ahead = [need for need in needs.get(key, ()) if need not in done and need not in begun]
            if ahead:
                waiting.append(ahead[0])
            else:
                done[waiting.pop()] = None
    return list(done)
