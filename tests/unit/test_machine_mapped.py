"""The run machine with mapped steps: how patterns expand, what settles them, and what holds in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from tidemill.core.events import (
    OutputRecord,
    RunFailed,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepExpanded,
    StepFailed,
    StepSkipped,
    StepSucceeded,
)
from tidemill.core.records import ErrorInfo
from tidemill.planning.machine import RunMachine
from tidemill.planning.signals import (
    AttemptCanceled,
    AttemptFailed,
    AttemptSucceeded,
    Begin,
    Cancel,
    CancelAsked,
    Command,
    Finish,
    Found,
    Launch,
    Missing,
    Record,
)
from tidemill.planning.steps import MachineStep, Need, Settled

ERROR = ErrorInfo("ValueError: bad")
OUT = "result"
OVER = Need("fan", OUT)


def fan_out(*mapped: MachineStep, collect: str = "f") -> list[MachineStep]:
    """A dynamic step, what is mapped over it, and what collects one of those."""
    end = MachineStep("end", (Need(collect, OUT, "all"),), gives=False)
    return [MachineStep("fan", gives=False), *mapped, end]


F = MachineStep("f", (Need("fan", OUT, "each"),), gives=False, over=OVER)
G = MachineStep("g", (Need("f", OUT, "each"),), gives=False, over=OVER)


def launched(commands: list[Command]) -> list[str]:
    return [command.step for command in commands if isinstance(command, Launch)]


def events(commands: list[Command], *kinds: type) -> list:
    return [c.event for c in commands if isinstance(c, Record) and isinstance(c.event, kinds)]


def gave(step: str, *keys: str, attempt: int = 1) -> AttemptSucceeded:
    return AttemptSucceeded(1, step, attempt, outputs=tuple(OutputRecord(OUT, key) for key in keys))


def done(step: str, attempt: int = 1) -> AttemptSucceeded:
    return AttemptSucceeded(1, step, attempt, outputs=(OutputRecord(OUT),))


def test_a_pattern_becomes_one_step_for_each_mapping_key():
    machine = RunMachine(fan_out(F), slots=9)
    assert launched(machine.handle(Begin(0))) == ["fan"]
    commands = machine.handle(gave("fan", "a", "b"))
    assert events(commands, StepExpanded) == [StepExpanded(1, "f", ("a", "b"))]
    assert launched(commands) == ["f[a]", "f[b]"]
    assert launched(machine.handle(done("f[b]"))) == []
    assert launched(machine.handle(done("f[a]"))) == ["end"]
    assert events(machine.handle(done("end")), RunSucceeded)


def test_a_chain_of_mapped_steps_does_not_wait_for_its_neighbours():
    machine = RunMachine(fan_out(F, G, collect="g"), slots=9)
    machine.handle(Begin(0))
    machine.handle(gave("fan", "a", "b"))
    assert launched(machine.handle(done("f[a]"))) == ["g[a]"]
    assert launched(machine.handle(done("g[a]"))) == []
    assert launched(machine.handle(done("f[b]"))) == ["g[b]"]
    assert launched(machine.handle(done("g[b]"))) == ["end"]


def test_what_is_collected_of_nothing_runs_with_an_empty_list():
    machine = RunMachine(fan_out(F), slots=9)
    machine.handle(Begin(0))
    assert launched(machine.handle(gave("fan"))) == ["end"]


def test_one_that_gives_nothing_is_left_out_of_what_is_collected():
    machine = RunMachine(fan_out(F), slots=9)
    machine.handle(Begin(0))
    machine.handle(gave("fan", "a", "b"))
    machine.handle(AttemptSucceeded(1, "f[a]", 1))
    assert launched(machine.handle(done("f[b]"))) == ["end"]


def test_one_that_fails_blocks_what_is_collected_and_not_its_neighbours():
    machine = RunMachine(fan_out(F, G, collect="g"), slots=9)
    machine.handle(Begin(0))
    machine.handle(gave("fan", "a", "b"))
    commands = machine.handle(AttemptFailed(1, "f[a]", 1, ERROR))
    assert events(commands, StepBlocked) == [StepBlocked(1, "g[a]", "f[a]")]
    assert launched(machine.handle(done("f[b]"))) == ["g[b]"]
    commands = machine.handle(done("g[b]"))
    assert events(commands, StepBlocked) == [StepBlocked(1, "end", "f[a]")]
    assert events(commands, RunFailed) == [RunFailed(1, ("f[a]",))]


def test_a_failed_dynamic_step_blocks_its_patterns_by_their_own_names():
    machine = RunMachine(fan_out(F, G, collect="g"), slots=9)
    machine.handle(Begin(0))
    commands = machine.handle(AttemptFailed(1, "fan", 1, ERROR))
    assert events(commands, StepBlocked) == [StepBlocked(1, name, "fan") for name in ("f", "g", "end")]


def test_canceling_names_patterns_that_did_not_expand_and_steps_of_those_that_did():
    machine = RunMachine(fan_out(F), slots=1)
    machine.handle(Begin(0))
    before = RunMachine(fan_out(F), slots=1)
    before.handle(Begin(0))
    canceled = events(before.handle(CancelAsked(1, "enough")), StepCanceled)
    assert [event.step for event in canceled] == ["f", "end"]
    machine.handle(gave("fan", "a", "b"))
    commands = machine.handle(CancelAsked(1, "enough"))
    assert [event.step for event in events(commands, StepCanceled)] == ["end", "f[b]"]
    assert Cancel("f[a]") in commands
    assert Finish("canceled") in machine.handle(AttemptCanceled(2, "f[a]", 1))


@pytest.mark.parametrize(("how", "fate"), [("all", "runs"), ("some", "skipped")])
def test_what_collects_nothing_runs_unless_something_must_be_there(how: Any, fate: str):
    machine = RunMachine([*fan_out(F)[:2], MachineStep("end", (Need("f", OUT, how),), gives=False)])
    machine.handle(Begin(0))
    commands = machine.handle(gave("fan"))
    assert launched(commands) == (["end"] if fate == "runs" else [])
    assert [event.step for event in events(commands, StepSkipped)] == ([] if fate == "runs" else ["end"])


def test_what_collects_is_skipped_where_all_mapped_steps_gave_nothing():
    machine = RunMachine(fan_out(F), slots=9)
    machine.handle(Begin(0))
    machine.handle(gave("fan", "a", "b"))
    machine.handle(AttemptSucceeded(1, "f[a]", 1))
    commands = machine.handle(AttemptSucceeded(1, "f[b]", 1))
    assert events(commands, StepSkipped) == [StepSkipped(1, "end", "f")]


def test_what_is_settled_of_a_pattern_does_not_run_again():
    past = {"a": Settled("succeeded", frozenset({OUT})), "b": Settled("failed", cause="f[b]")}
    settled = Settled("succeeded", frozenset({OUT}), keys={OUT: ("a", "b", "c")})
    fan = MachineStep("fan", gives=False, settled=settled)
    pattern = F._replace(past={"a": past["a"]}, tried={"b": 2})
    machine = RunMachine([fan, pattern, MachineStep("end", (Need("f", OUT, "all"),), gives=False)], slots=9)
    commands = machine.handle(Begin(0))
    assert events(commands, StepExpanded) == [StepExpanded(0, "f", ("a", "b", "c"), ("a",))]
    assert [c for c in commands if isinstance(c, Launch)] == [Launch("f[b]", 3), Launch("f[c]", 1)]


def test_a_settled_pattern_serves_what_is_mapped_after_it():
    each = Settled("succeeded", frozenset({OUT}))
    fan = MachineStep("fan", gives=False, settled=Settled("succeeded", keys={OUT: ("a", "b")}))
    pattern = F._replace(settled=each, past={"a": each, "b": each})
    machine = RunMachine([fan, pattern, G], slots=9)
    commands = machine.handle(Begin(0))
    assert launched(commands) == ["g[a]", "g[b]"]
    assert [event.step for event in events(commands, StepExpanded)] == ["g"]


def test_of_a_list_what_is_there_is_enough():
    lone = [
        MachineStep("x", gives=False),
        MachineStep("y", gives=False),
        MachineStep("both", (Need("x", OUT, among=0), Need("y", OUT, among=0)), gives=False),
    ]
    machine = RunMachine(lone, slots=2)
    machine.handle(Begin(0))
    machine.handle(AttemptSucceeded(1, "x", 1))
    assert launched(machine.handle(done("y"))) == ["both"]
    machine = RunMachine(lone, slots=2)
    machine.handle(Begin(0))
    machine.handle(AttemptSucceeded(1, "x", 1))
    commands = machine.handle(AttemptSucceeded(1, "y", 1))
    assert events(commands, StepSkipped) == [StepSkipped(1, "both", "x")]


def test_steps_behind_a_gate_are_reused_with_it():
    gate = MachineStep("ga", looks=True, is_gate=True)
    steps = [
        gate,
        MachineStep("ga.fan", (Need("ga"),), gives=False, gate="ga"),
        MachineStep("ga.f", (Need("ga.fan", OUT, "each"), Need("ga")), over=Need("ga.fan", OUT), gate="ga"),
        MachineStep("ga.end", (Need("ga.f", OUT, "all"), Need("ga")), gate="ga", outputs=frozenset({OUT})),
        MachineStep("after", (Need("ga.end", OUT),)),
    ]
    machine = RunMachine(steps)
    machine.handle(Begin(0))
    commands = machine.handle(Found(1, "ga", (), (OUT,)))
    assert launched(commands) == ["after"]
    assert machine.state("ga.f") == "reused"
    machine = RunMachine(steps)
    machine.handle(Begin(0))
    assert launched(machine.handle(Missing(1, "ga"))) == ["ga.fan"]


# In any order


@st.composite
def mapped_graphs(draw: st.DrawFn) -> list[MachineStep]:
    """A few plain steps, a dynamic one, patterns over it that need one another and plain steps; what collects them."""
    plain = [f"p{number}" for number in range(draw(st.integers(1, 2)))]
    steps = [MachineStep(name, gives=False) for name in plain]
    needs = [Need(name, OUT) for name in draw(st.lists(st.sampled_from(plain), unique=True))]
    steps.append(MachineStep("fan", tuple(needs), gives=False))
    patterns: list[str] = []
    for number in range(draw(st.integers(1, 3))):
        each = ["fan", *patterns]
        chosen = draw(st.lists(st.sampled_from(each), min_size=1, unique=True))
        more = draw(st.lists(st.sampled_from(plain), unique=True))
        wanted = [Need(name, OUT, "each") for name in chosen] + [Need(name, OUT) for name in more]
        patterns.append(f"m{number}")
        steps.append(MachineStep(f"m{number}", tuple(wanted), gives=False, over=OVER))
    for number, name in enumerate(draw(st.lists(st.sampled_from(patterns), unique=True))):
        steps.append(MachineStep(f"c{number}", (Need(name, OUT, "all"),), gives=False))
    return steps


@given(mapped_graphs(), st.integers(1, 4), st.integers(0, 3), st.data())
def test_any_order_of_events_keeps_the_promises_of_mapped_steps(
    steps: list[MachineStep], slots: int, width: int, data: st.DataObject
):
    keys = tuple("abc"[:width])
    machine = RunMachine(steps, slots=slots)
    patterns = {step.name for step in steps if step.over is not None}
    by_name = {step.name: step for step in steps}
    running: list[str] = []
    fates: dict[str, object] = {}
    outputs: dict[str, bool] = {}
    expanded: dict[str, tuple[str, ...]] = {}
    finished: list[Finish] = []

    def upstream(name: str, need: Need) -> list[str]:
        """The steps behind a need of a step."""
        key = name.partition("[")[2][:-1]
        if need.step not in patterns:
            return [need.step]
        return [f"{need.step}[{each}]" for each in ([key] if need.how == "each" else keys)]

    def take(commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, Launch):
                for need in by_name[command.step.partition("[")[0]].needs:
                    for name in upstream(command.step, need):
                        kinds = (StepSucceeded, StepSkipped) if need.how == "all" else StepSucceeded
                        assert isinstance(fates[name], kinds), "it ran before what it needs"
                        assert need.how == "all" or outputs[name]
                running.append(command.step)
                assert len(running) <= slots
            elif isinstance(command, Finish):
                finished.append(command)
            elif isinstance(command, Record):
                event = command.event
                if isinstance(event, StepExpanded):
                    assert event.step in patterns
                    assert event.step not in expanded
                    expanded[event.step] = event.keys
                elif isinstance(event, (StepSucceeded, StepFailed, StepSkipped, StepBlocked, StepCanceled)):
                    assert event.step not in fates, "a step has two fates"
                    fates[event.step] = event

    take(machine.handle(Begin(0)))
    for moment in range(1, 200):
        if finished:
            break
        assert running, "the run hangs"
        name = running.pop(data.draw(st.integers(0, len(running) - 1)))
        how = data.draw(st.sampled_from(["give", "give", "give", "nothing", "fail", "cancel"]))
        if how == "cancel" and not machine.canceling:
            take(machine.handle(CancelAsked(moment, "enough")))
        if how == "fail":
            outputs[name] = False
            take(machine.handle(AttemptFailed(moment, name, 1, ERROR)))
        else:
            outputs[name] = how != "nothing" or name == "fan"
            records = [OutputRecord(OUT, key) for key in keys] if name == "fan" else [OutputRecord(OUT)]
            given_now = tuple(records) if outputs[name] else ()
            take(machine.handle(AttemptSucceeded(moment, name, 1, outputs=given_now)))
    assert finished
    for step in steps:
        if step.name in patterns and step.name in expanded:
            assert expanded[step.name] == keys
            assert step.name not in fates
            assert {f"{step.name}[{key}]" for key in keys} <= set(fates)
        else:
            assert step.name in fates
