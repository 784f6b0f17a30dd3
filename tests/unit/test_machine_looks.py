"""The run machine in a refresh: steps that look before they run, that wait for other runs, that keep what they had."""

from __future__ import annotations

import pytest

from tidemill.core.events import OutputRecord, RunCanceled, StepReused, StepSkipped, StepSucceeded, Withheld
from tidemill.core.keys import AssetKey
from tidemill.planning.machine import RunMachine
from tidemill.planning.signals import (
    AttemptSucceeded,
    Begin,
    CancelAsked,
    Command,
    Finish,
    Found,
    Launch,
    Look,
    Missing,
    Pending,
    Record,
    WakeAfter,
    Woke,
)
from tidemill.planning.steps import MachineStep, Need

RESULT = (OutputRecord("result"),)
REUSED = StepReused(2, "a", "up to date")


def chain(**options: object) -> list[MachineStep]:
    return [
        MachineStep("a", looks=True, **options),  # type: ignore[arg-type]
        MachineStep("b", (Need("a", "result"),), looks=True),
    ]


def events(commands: list[Command], kind: type) -> list[object]:
    return [c.event for c in commands if isinstance(c, Record) and isinstance(c.event, kind)]


def test_a_step_looks_when_its_inputs_are_known() -> None:
    machine = RunMachine(chain())
    assert machine.handle(Begin(1))[1:] == [Look("a")]
    assert machine.handle(Found(2, "a", (REUSED,), ("result",))) == [Record(REUSED), Look("b")]
    assert machine.state("a") == "reused"
    assert machine.handle(Missing(3, "b")) == [Launch("b", 1)]
    assert machine.handle(AttemptSucceeded(4, "b", 1, outputs=RESULT))[-1] == Finish("succeeded")


def test_a_step_whose_version_another_run_makes_looks_again_later() -> None:
    machine = RunMachine(chain())
    machine.handle(Begin(1))
    assert machine.handle(Pending(1_000, "a", 0.5, "run 1")) == [WakeAfter("a", 0.5)]
    assert (machine.state("a"), machine.busy) == ("pending", 1)
    assert machine.handle(Missing(2_000, "a")) == []  # nobody asked
    assert machine.handle(Woke(501_000, "a")) == [Look("a")]
    assert machine.handle(Pending(501_000, "a", 0.5, "run 1")) == [WakeAfter("a", 0.5)]
    assert machine.handle(Woke(1_001_000, "a")) == [Look("a")]
    assert machine.handle(Missing(1_001_001, "a")) == [Launch("a", 1)]


def test_who_waits_holds_no_slot() -> None:
    machine = RunMachine([MachineStep("a", looks=True), MachineStep("z", looks=True)], slots=1)
    machine.handle(Begin(1))
    machine.handle(Pending(1, "a", 0.5, "run 1"))
    assert machine.handle(Missing(2, "z")) == [Launch("z", 1)]


def test_who_waits_can_be_canceled() -> None:
    machine = RunMachine(chain())
    machine.handle(Begin(1))
    machine.handle(Pending(1, "a", 0.5, "run 1"))
    commands = machine.handle(CancelAsked(2, "by hand"))
    assert events(commands, RunCanceled) == [RunCanceled(2, "by hand")]
    assert commands[-1] == Finish("canceled")
    assert machine.handle(Woke(3, "a")) == []


@pytest.mark.parametrize("keeps", [frozenset[str](), frozenset({"result"})])
def test_what_gave_nothing_before(keeps: frozenset[str]) -> None:
    machine = RunMachine(chain(keeps=keeps))
    machine.handle(Begin(1))
    commands = machine.handle(Found(2, "a", (REUSED,), ()))
    if keeps:
        assert commands == [Record(REUSED), Look("b")]
    else:
        assert events(commands, StepSkipped) == [StepSkipped(2, "b", "a")]
        assert commands[-1] == Finish("succeeded")


@pytest.mark.parametrize("keeps", [frozenset[str](), frozenset({"result"}), frozenset({"other"})])
def test_what_gives_nothing_keeps_what_it_had(keeps: frozenset[str]) -> None:
    machine = RunMachine(chain(keeps=keeps))
    machine.handle(Begin(1))
    machine.handle(Missing(1, "a"))
    commands = machine.handle(AttemptSucceeded(2, "a", 1))
    assert (Look("b") in commands) == ("result" in keeps)


def test_what_was_withheld_is_in_the_event_that_ends_the_step() -> None:
    withheld = (Withheld(AssetKey("a"), None, "key", "v1"),)
    for outputs, kind in (((), StepSkipped), (RESULT, StepSucceeded)):
        machine = RunMachine([MachineStep("a")])
        machine.handle(Begin(1))
        commands = machine.handle(AttemptSucceeded(2, "a", 1, outputs=outputs, withheld=withheld))
        (event,) = events(commands, kind)
        assert event.withheld == withheld  # type: ignore[attr-defined]
