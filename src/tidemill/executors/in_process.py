"""The executor that runs steps one after the other in this process: as fast as a loop that also remembers."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator

from tidemill.planning.signals import AttemptCanceled
from tidemill.work.bench import Bench
from tidemill.work.orders import StepFact, StepOrder
from tidemill.work.worker import attempt_step


class InProcessExecutor:
    """Runs orders on the calling thread, when facts are asked for.

    Args:
        bench: What the steps work with.
    """

    slots = 1
    here = True

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._orders: deque[StepOrder] = deque()
        self._current: tuple[StepOrder, Generator[StepFact]] | None = None

    def launch(self, order: StepOrder) -> None:
        """Take an order; it runs with the next call of `facts`."""
        self._orders.append(order)

    def cancel(self, step: str, grace: float | None = None) -> Iterator[StepFact]:  # noqa: ARG002
        """Drop an order that has not begun; end one that stands still between two of its facts, and takes no time."""
        for order in list(self._orders):
            if order.name == step:
                self._orders.remove(order)
                yield AttemptCanceled(self._bench.clock.now(), step, order.attempt)
        if self._current is not None and self._current[0].name == step:
            order, attempt = self._current
            self._current = None
            attempt.close()
            yield AttemptCanceled(self._bench.clock.now(), step, order.attempt)

    def facts(self, timeout: float | None) -> Iterator[StepFact]:
        """Run the oldest order and tell its facts as they happen; without one, wait `timeout` seconds.

        Raises:
            KeyboardInterrupt: Somebody pressed Ctrl-C; the attempt stands still, for `cancel` to end.
        """
        if not self._orders:
            if timeout is not None:
                self._bench.clock.sleep(timeout)
            return
        order = self._orders.popleft()
        attempt = attempt_step(order, self._bench)
        self._current = order, attempt
        for fact in attempt:
            yield fact
            if self._current is None:
                return
        self._current = None

    def wake(self) -> None:
        """Nothing to do: user code and a sleep are ended by `KeyboardInterrupt`."""

    def close(self) -> None:
        """End an attempt that stands still."""
        if self._current is not None:
            self._current[1].close()
