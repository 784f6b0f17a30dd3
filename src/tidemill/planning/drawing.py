"""The asset graph as text for a terminal: a line for each asset, a lane for each value that is still needed.

    ●      raw          A lane begins at an asset and goes down to the last asset that is made with it.
    ├─●    train        An asset's line joins the lanes of its parents: `├ ┤ ┼` where a lane goes on,
    ● │    test         `└ ┘ ┴` where it ends; a `│` that a line crosses has nothing to do with it.
    ●─┘    score        An asset that stands in the lane of a parent continues it.

Every edge is in the drawing, joins and diamonds too. The order is one in which the assets could be made,
chosen so that lanes end soon.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from tidemill.core.keys import AssetKey
from tidemill.planning.graph import AssetGraph

ASSET, SOURCE = "●", "◇"
LANES_TO_ASCII = str.maketrans("●◇│─├┤┼└┘┴", "*o|-+++'''")
MARKS_TO_ASCII = str.maketrans("┐│┘─…", "\\|/-~")
JOINTS = {  # goes on below, comes from the left, leaves to the right
    (True, False, True): "├",
    (True, True, False): "┤",
    (True, True, True): "┼",
    (False, False, True): "└",
    (False, True, False): "┘",
    (False, True, True): "┴",
}


class DrawnLine(NamedTuple):
    """A line of the drawing: lanes, bracket of a multi-asset, checks and parents that are not drawn."""

    key: AssetKey
    lanes: str
    name: str
    unit: str
    remarks: str


def draw(
    graph: AssetGraph,
    keys: Collection[AssetKey] | None = None,
    notes: Mapping[AssetKey, str] | None = None,
    *,
    ascii: bool = False,
) -> str:
    """The drawing as text, of all assets by default; `notes` go to the end of their assets' lines."""
    rows = [(*line[1:], (notes or {}).get(line.key, "")) for line in draw_lines(graph, keys, ascii=ascii)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width) for row in rows
    ]
    return "\n".join(map(str.rstrip, padded))


def draw_lines(
    graph: AssetGraph, keys: Collection[AssetKey] | None = None, *, ascii: bool = False
) -> list[DrawnLine]:
    """The drawing as lines, for a caller that colours them; arguments as for `draw`."""
    drawn = set((*graph.sources, *graph.keys) if keys is None else keys)
    order = _order(graph, drawn)
    lanes = _lanes(graph, order)
    width = max(map(len, lanes), default=0)
    units = _units(graph, order)
    lines = []
    for key, lane, unit in zip(order, lanes, units, strict=True):
        remarks = "  ".join(filter(None, (_checks(graph, key), _hidden(graph, key, drawn))))
        line = DrawnLine(key, lane.ljust(width), key.to_user_string(), unit, remarks)
        if ascii:
            line = line._replace(
                lanes=line.lanes.translate(LANES_TO_ASCII),
                unit=unit.translate(MARKS_TO_ASCII),
                remarks=remarks.translate(MARKS_TO_ASCII),
            )
        lines.append(line)
    return lines


def _order(graph: AssetGraph, drawn: set[AssetKey]) -> list[AssetKey]:
    """Parents first, the outputs of a multi-asset together where they can be, and lanes as few as may be.

    Of what hangs on a lane and is ready, that goes next which ends most lanes; among equals what hangs on the
    newest, so that a branch is drawn to its end before the next; then order of definition.
    """
    parents = {key: [p for p in graph.parents(key) if p in drawn] for key in _by_definition(graph, drawn)}
    rank = {key: index for index, key in enumerate(parents)}
    unmet = {key: set(needed) for key, needed in parents.items()}
    users = {key: {c for c in graph.children(key) if c in drawn} for key in parents}
    ready = [key for key, needed in unmet.items() if not needed]
    placed: dict[AssetKey, int] = {}

    def merit(key: AssetKey) -> tuple[int, ...]:
        together = _same_unit(graph, last, key)
        if not parents[key]:
            return (together, False, 0, 0, 0, -rank[key])
        ended = sum(len(users[parent]) == 1 for parent in parents[key])
        newest = max(placed[parent] for parent in parents[key])
        return (together, True, ended - bool(users[key]), ended, newest, -rank[key])

    last: AssetKey | None = None
    while ready:
        key = last = max(ready, key=merit)
        ready.remove(key)
        placed[key] = len(placed)
        for parent in parents[key]:
            users[parent].discard(key)
        for child in graph.children(key):
            if child in drawn:
                unmet[child].discard(key)
                if not unmet[child] and child not in placed and child not in ready:
                    ready.append(child)
    # What is left needs itself: it has no place in an order, and is drawn all the same.
    return [*placed, *(key for key in parents if key not in placed)]


def _by_definition(graph: AssetGraph, drawn: set[AssetKey]) -> list[AssetKey]:
    return [key for key in (*graph.sources, *graph.keys) if key in drawn]


def _same_unit(graph: AssetGraph, one: AssetKey | None, other: AssetKey) -> bool:
    producers = graph.project.producers
    return one is not None and one in producers and producers[one] == producers.get(other)


def _lanes(graph: AssetGraph, order: Sequence[AssetKey]) -> list[str]:
    """The lanes of each line, from the first line down."""
    place = {key: index for index, key in enumerate(order)}
    left = {
        key: {child for child in graph.children(key) if place.get(child, -1) > place[key]} for key in order
    }
    open_lanes: dict[int, AssetKey] = {}
    lane_of: dict[AssetKey, int] = {}
    resting: set[int] = set()  # lanes that ended one line above: a node there would look like a continuation
    lines = []
    for key in order:
        taps = {lane_of[parent] for parent in graph.parents(key) if key in left.get(parent, ())}
        for parent in graph.parents(key):
            left.get(parent, set()).discard(key)
        ended = {lane for lane in taps if not left[open_lanes[lane]]}
        node = min(ended) if ended else _free_lane(open_lanes, resting, taps)
        crossed = set(open_lanes) - taps - {node}
        lines.append(_line(node, taps - {node}, ended, crossed, graph.is_materializable(key)))
        for lane in ended:
            del open_lanes[lane]
        resting = (ended - {node}) | (set() if left[key] else {node})
        if left[key]:
            open_lanes[node], lane_of[key] = key, node
    return lines


def _free_lane(taken: Collection[int], resting: Collection[int], near: Collection[int]) -> int:
    """The free lane nearest to the right of the parents; else the nearest to the left."""
    free = [
        lane for lane in range(len(taken) + len(resting) + 1) if lane not in taken and lane not in resting
    ]
    if not near:
        return free[0]
    return min(free, key=lambda lane: (min(abs(lane - other) for other in near), -lane))


def _line(
    node: int, taps: Collection[int], ended: Collection[int], crossed: Collection[int], made_here: bool
) -> str:
    low, high = min((node, *taps)), max((node, *taps))
    cells = []
    for lane in range(max((high, *crossed)) + 1):
        inside = low <= lane <= high
        if lane == node:
            cell = ASSET if made_here else SOURCE
        elif lane in taps:
            cell = JOINTS[lane not in ended, lane > low, lane < high]
        elif lane in crossed:
            cell = "│"
        else:
            cell = "─" if inside else " "
        cells.append(cell + ("─" if low <= lane < high else " "))
    return "".join(cells).rstrip()


def _units(graph: AssetGraph, order: Sequence[AssetKey]) -> list[str]:
    """For each line the bracket of the multi-asset that makes it, with the name where the bracket begins."""
    marks = []
    for index, key in enumerate(order):
        if not graph.is_materializable(key) or len(graph.unit_of(key).outputs) == 1:
            marks.append("")
            continue
        above = index > 0 and _same_unit(graph, order[index - 1], key)
        below = index + 1 < len(order) and _same_unit(graph, key, order[index + 1])
        bracket = {(False, True): "┐", (True, True): "│", (True, False): "┘"}.get((above, below), "─")
        marks.append(bracket if above else f"{bracket} {graph.unit_of(key).name}")
    return marks


def _checks(graph: AssetGraph, key: AssetKey) -> str:
    """Names only: the drawing knows of no verdict, and a tick would look like one."""
    return " ".join(f"?{check.name}" for check in graph.checks_for(key))


def _hidden(graph: AssetGraph, key: AssetKey, drawn: Collection[AssetKey]) -> str:
    """Parents outside of the drawing: an asset without a line above it may still be made with something."""
    hidden = [parent.to_user_string() for parent in graph.parents(key) if parent not in drawn]
    return f"… from {', '.join(hidden)}" if hidden else ""
