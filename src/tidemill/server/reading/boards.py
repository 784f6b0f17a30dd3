"""What became of the steps of a run: folded from the log a few columns at a time, and kept while somebody looks.

A run of ten thousand steps has thirty thousand facts; a page of it reads the data of a hundred steps only.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tidemill.core.events import KINDS, StepExpanded
from tidemill.core.keys import StepKey
from tidemill.core.records import FINAL_RUN_STATUSES, StepStatus
from tidemill.storage import page_reads
from tidemill.storage.page_reads import NEWEST, RunHead, StepMark
from tidemill.storage.projections import STEP_STATUS
from tidemill.storage.reads import Reads

STATUS: Mapping[str, StepStatus] = {KINDS[event]: status for event, status in STEP_STATUS.items()}
EXPANDED = KINDS[StepExpanded]
GOING_ON = frozenset(("planned", "started", "retrying"))
MOST_STEPS = 60_000
"""Steps of all runs that are kept."""


class Planned(NamedTuple):
    """A step as its run promised it."""

    assets: tuple[str, ...] = ()
    partition: str | None = None


class Step(NamedTuple):
    """A step with what has become of it; `first` and `last` are the places of its facts."""

    status: StepStatus = "planned"
    attempt: int = 0
    started_at: int | None = None
    finished_at: int | None = None
    first: int = 0
    last: int = 0


PLANNED = Step()
NO_PLAN = Planned()


class Board:
    """The steps of one run.

    Attributes:
        run: Number of the run.
        order: What was asked for, without the steps.
        planned: Step → as it was promised.
        makers: Asset → the step that is to make it.
        steps: Step → what became of it; those that a mapped step became instead of that.
    """

    def __init__(self, run: int, order: dict[str, Any]) -> None:
        planned = order.pop("steps", ())
        self.run = run
        self.order = order
        self.planned = {
            step["step"]: Planned(tuple(step.get("assets", ())), _partition(step)) for step in planned
        }
        self.makers = {asset: step for step, planned in self.planned.items() for asset in planned.assets}
        self.steps: dict[str, Step] = dict.fromkeys(self.planned, PLANNED)
        self.seq = 0
        self.over = False
        self.lock = threading.Lock()

    def plan_of(self, step: str) -> Planned:
        """As it was promised; of a mapped step as what it was mapped from."""
        return self.planned.get(step) or self.planned.get(StepKey.unit_of(step)) or NO_PLAN

    @property
    def counts(self) -> dict[StepStatus, int]:
        """How many steps are in which state."""
        return dict(Counter(step.status for step in self.steps.values()))

    def take(self, marks: Sequence[StepMark]) -> None:
        """Take in what has happened since."""
        for mark in marks:
            self.seq = mark.seq
            if mark.kind == EXPANDED:
                self.steps.pop(mark.step, None)  # from here on it is the steps that it has become
                continue
            before, started = self.steps.get(mark.step, PLANNED), mark.kind == "step_started"
            ended = not started and mark.kind != "step_retrying"
            self.steps[mark.step] = Step(
                STATUS[mark.kind],
                max(before.attempt, mark.attempt or (1 if started else 0)),
                before.started_at or (mark.at if started else None),
                mark.at if ended else None,
                before.first or mark.seq,
                mark.seq,
            )


class Boards:
    """The boards that somebody looked at last.

    Args:
        store: To read.
    """

    def __init__(self, store: Reads) -> None:
        self._store = store
        self._kept: OrderedDict[int, Board] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, head: RunHead) -> Board:
        """The steps of a run as they are now."""
        with self._lock:
            board = self._kept.get(head.number)
        if board is None:
            board = Board(head.number, page_reads.run_orders(self._store, [head.number])[head.number])
        with board.lock:
            if not board.over:
                over = head.status in FINAL_RUN_STATUSES
                if head.trimmed is not None:
                    self._remember(board, head)
                else:
                    board.take(page_reads.step_marks(self._store, head.number, board.seq))
                board.over = over
        self._keep(board)
        return board

    def forget(self) -> None:
        """Retention trimmed runs."""
        with self._lock:
            self._kept.clear()

    def _remember(self, board: Board, head: RunHead) -> None:
        """Of a run that was trimmed, what is left tells."""
        board.steps = {
            state.step: Step(state.status, state.attempt, state.started_at, state.finished_at, 1, NEWEST)
            for state in self._store.steps(head.id)
        }

    def _keep(self, board: Board) -> None:
        with self._lock:
            self._kept[board.run] = board
            self._kept.move_to_end(board.run)
            size = sum(len(kept.steps) for kept in self._kept.values())
            while size > MOST_STEPS and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                size -= len(oldest.steps)


def _partition(step: Mapping[str, Any]) -> str | None:
    """The partition of a planned step, or the first of several with a sign that there are more."""
    if "partition" in step:
        return str(step["partition"]) if step["partition"] is not None else None
    several = step.get("partitions", ())
    if not several:
        return None
    return str(several[0]) + (", …" if len(several) > 1 else "")
