"""The run machine under every order of events: it ends, waits for inputs, retries as told, blocks with a cause."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from tidemill.core.errors import InvariantViolationError
from tidemill.core.events import (
    OutputRecord,
    RunCanceled,
    RunFailed,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from tidemill.core.records import ErrorInfo
from tidemill.definitions.policies import Backoff, RetryPolicy
from tidemill.planning.machine import (
    AttemptCanceled,
    AttemptFailed,
    AttemptSucceeded,
    Begin,
    Cancel,
    CancelAsked,
    Command,
    Finish,
    Launch,
    Record,
    RetryAsked,
    RunMachine,
    WakeAt,
    Woke,
)
from tidemill.planning.steps import SETTLED, MachineStep, Need

ERROR = ErrorInfo("ValueError: no")
RESULT = (OutputRecord("result"),)


def recorded(commands: list[Command], kind: type) -> list:
    return [
        command.event
        for command in commands
        if isinstance(command, Record) and isinstance(command.event, kind)
    ]


def launched(commands: list[Command]) -> list[str]:
    return [command.step for command in commands if isinstance(command, Launch)]


def chain(*names: str, **options) -> list[MachineStep]:
    return [
        MachineStep(name, (Need(before, "result"),) if before else (), **options)
        for before, name in zip((None, *names), names, strict=False)
    ]


def test_a_chain_runs_in_order_and_succeeds():
    machine = RunMachine(chain("a", "b"))
    assert launched(machine.handle(Begin(1))) == ["a"]
    assert launched(machine.handle(AttemptSucceeded(2, "a", 1, outputs=RESULT))) == ["b"]
    commands = machine.handle(AttemptSucceeded(3, "b", 1, outputs=RESULT))
    assert commands[-1] == Finish("succeeded")
    assert recorded(commands, RunSucceeded) == [RunSucceeded(3)]


def test_an_empty_run_succeeds_at_once():
    assert RunMachine([]).handle(Begin(1))[-1] == Finish("succeeded")


def test_what_needs_a_failed_step_is_blocked_with_the_root_cause_while_others_finish():
    machine = RunMachine([*chain("a", "b", "c"), MachineStep("d")], slots=2)
    assert launched(machine.handle(Begin(1))) == ["a", "d"]
    commands = machine.handle(AttemptFailed(2, "a", 1, ERROR))
    assert [(event.step, event.cause) for event in recorded(commands, StepBlocked)] == [
        ("b", "a"),
        ("c", "a"),
    ]
    end = machine.handle(AttemptSucceeded(3, "d", 1, outputs=RESULT))
    assert end[-1] == Finish("failed")
    assert recorded(end, RunFailed) == [RunFailed(3, ("a",))]


def test_a_step_that_gives_nothing_is_skipped_and_so_is_what_needs_it():
    machine = RunMachine(chain("a", "b", "c"))
    machine.handle(Begin(1))
    commands = machine.handle(AttemptSucceeded(2, "a", 1))
    assert [(event.step, event.cause, event.attempt) for event in recorded(commands, StepSkipped)] == [
        ("a", "a", 1),
        ("b", "a", 0),
        ("c", "a", 0),
    ]
    assert commands[-1] == Finish("succeeded")


def test_of_several_outputs_only_what_needs_the_missing_one_is_skipped():
    machine = RunMachine(
        [MachineStep("a"), MachineStep("b", (Need("a", "x"),)), MachineStep("c", (Need("a", "y"),))], slots=2
    )
    machine.handle(Begin(1))
    commands = machine.handle(AttemptSucceeded(2, "a", 1, outputs=(OutputRecord("x"),)))
    assert launched(commands) == ["b"]
    assert [event.step for event in recorded(commands, StepSkipped)] == ["c"]


def test_blocked_outweighs_skipped_whatever_comes_first():
    for first, second in ((0, 1), (1, 0)):
        machine = RunMachine(
            [
                MachineStep("a"),
                MachineStep("b"),
                MachineStep("c", (Need("a", "result"), Need("b", "result"))),
            ],
            slots=2,
        )
        machine.handle(Begin(1))
        facts = [AttemptSucceeded(2, "a", 1), AttemptFailed(2, "b", 1, ERROR)]
        machine.handle(facts[first])
        machine.handle(facts[second])
        assert machine.state("c") == "blocked"


def test_a_check_that_only_orders_does_not_skip_what_waits_for_it():
    machine = RunMachine(
        [
            MachineStep("a"),
            MachineStep("check", (Need("a", "result"),), gives=False),
            MachineStep("b", (Need("a", "result"), Need("check"))),
        ]
    )
    machine.handle(Begin(1))
    assert launched(machine.handle(AttemptSucceeded(2, "a", 1, outputs=RESULT))) == ["check"]
    assert launched(machine.handle(AttemptSucceeded(3, "check", 1))) == ["b"]


def test_a_policy_retries_with_its_delays_and_then_gives_up():
    policy = RetryPolicy(max_retries=2, delay=2, backoff=Backoff.EXPONENTIAL)
    machine = RunMachine([MachineStep("a", retry_policy=policy)])
    machine.handle(Begin(0))
    first = machine.handle(AttemptFailed(1_000_000, "a", 1, ERROR))
    assert [command for command in first if isinstance(command, WakeAt)] == [WakeAt("a", 3_000_000)]
    assert [event.wait for event in recorded(first, StepRetrying)] == [2]
    assert launched(machine.handle(Woke(3_000_000, "a"))) == ["a"]
    second = machine.handle(AttemptFailed(4_000_000, "a", 2, ERROR))
    assert [command for command in second if isinstance(command, WakeAt)] == [WakeAt("a", 10_000_000)]
    machine.handle(Woke(10_000_000, "a"))
    third = machine.handle(AttemptFailed(11_000_000, "a", 3, ERROR))
    assert [event.attempt for event in recorded(third, StepFailed)] == [3]
    assert third[-1] == Finish("failed")


def test_a_final_failure_is_not_retried():
    machine = RunMachine([MachineStep("a", retry_policy=RetryPolicy(max_retries=5))])
    machine.handle(Begin(0))
    assert machine.handle(AttemptFailed(1, "a", 1, ERROR, final=True))[-1] == Finish("failed")


def test_a_step_may_ask_for_its_own_retries():
    machine = RunMachine([MachineStep("a")])
    machine.handle(Begin(0))
    assert launched(machine.handle(AttemptFailed(1, "a", 1, ERROR, RetryAsked(1, 0.0)))) == ["a"]
    assert machine.handle(AttemptFailed(2, "a", 2, ERROR, RetryAsked(1, 0.0)))[-1] == Finish("failed")


def test_canceling_ends_what_runs_and_starts_nothing_more():
    machine = RunMachine(chain("a", "b"))
    machine.handle(Begin(0))
    commands = machine.handle(CancelAsked(1, "enough"))
    assert [command for command in commands if isinstance(command, Cancel)] == [Cancel("a")]
    assert [event.step for event in recorded(commands, StepCanceled)] == ["b"]
    end = machine.handle(AttemptCanceled(2, "a", 1))
    assert recorded(end, RunCanceled) == [RunCanceled(2, "enough")]
    assert end[-1] == Finish("canceled")


def test_a_step_that_ends_well_while_it_is_canceled_counts():
    machine = RunMachine(chain("a", "b"))
    machine.handle(Begin(0))
    machine.handle(CancelAsked(1, "enough"))
    end = machine.handle(AttemptSucceeded(2, "a", 1, outputs=RESULT))
    assert recorded(end, StepSucceeded)
    assert end[-1] == Finish("canceled")
    assert not launched(end)


def test_facts_of_another_attempt_change_nothing():
    machine = RunMachine([MachineStep("a", retry_policy=RetryPolicy(max_retries=1))])
    machine.handle(Begin(0))
    machine.handle(AttemptFailed(1, "a", 1, ERROR))
    assert machine.handle(AttemptSucceeded(2, "a", 1, outputs=RESULT)) == []
    assert machine.handle(StepStarted(2, "a", 1)) == []
    assert machine.state("a") == "running"


def test_priority_goes_before_plan_order():
    machine = RunMachine([MachineStep("a"), MachineStep("b", priority=5)])
    assert launched(machine.handle(Begin(0))) == ["b"]


def test_steps_in_an_impossible_order_are_refused():
    with pytest.raises(InvariantViolationError) as caught:
        RunMachine([MachineStep("a", (Need("b", "result"),)), MachineStep("b")])
    assert caught.value.subject == "a"
    assert caught.value.found == "b"


@st.composite
def graphs(draw: st.DrawFn) -> list[MachineStep]:
    size = draw(st.integers(1, 9))
    steps = []
    for index in range(size):
        upstream = draw(st.sets(st.integers(0, index - 1), max_size=3)) if index else set()
        needs = tuple(Need(f"s{i}", draw(st.sampled_from(["x", "y", None]))) for i in sorted(upstream))
        retries = draw(st.integers(0, 2))
        policy = RetryPolicy(retries, draw(st.sampled_from([None, 1.0]))) if retries else None
        steps.append(MachineStep(f"s{index}", needs, draw(st.booleans()), policy, draw(st.integers(0, 2))))
    return steps


@given(graphs(), st.integers(1, 4), st.data())
def test_any_order_of_events_keeps_the_promises(steps: list[MachineStep], slots: int, data: st.DataObject):
    machine = RunMachine(steps, slots=slots)
    by_name = {step.name: step for step in steps}
    running: dict[str, int] = {}
    asleep: set[str] = set()
    outputs: dict[str, frozenset[str]] = {}
    failed: set[str] = set()
    launches: Counter[str] = Counter()
    fates: dict[str, object] = {}
    finished: list[Finish] = []
    canceled = False

    def take(commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, Launch):
                step = by_name[command.step]
                for need in step.needs:
                    assert need.step in fates, "a step ran before what it needs"
                    assert not isinstance(fates[need.step], (StepFailed, StepBlocked, StepCanceled))
                    assert need.output is None or need.output in outputs[need.step]
                launches[command.step] += 1
                assert command.attempt == launches[command.step]
                assert command.step not in running
                assert not canceled
                running[command.step] = command.attempt
                assert len(running) <= slots
            elif isinstance(command, WakeAt):
                asleep.add(command.step)
            elif isinstance(command, Finish):
                finished.append(command)
            elif isinstance(command, Record):
                event = command.event
                if isinstance(event, (StepSucceeded, StepFailed, StepSkipped, StepBlocked, StepCanceled)):
                    assert event.step not in fates, "a step has two fates"
                    fates[event.step] = event

    take(machine.handle(Begin(0)))
    for moment in range(1, 400):
        if finished:
            break
        choices = [("end", name) for name in running] + [("wake", name) for name in asleep]
        if not canceled:
            choices.append(("cancel", ""))
        assert [choice for choice in choices if choice[0] != "cancel"], "the run hangs"
        what, name = data.draw(st.sampled_from(choices[:-1] * 4 + choices[-1:]))
        if what == "cancel":
            canceled = True
            asleep.clear()
            take(machine.handle(CancelAsked(moment, "test")))
            continue
        if what == "wake":
            asleep.discard(name)
            take(machine.handle(Woke(moment, name)))
            continue
        attempt = running.pop(name)
        end = data.draw(st.sampled_from(["succeed", "fail", "cancel"] if canceled else ["succeed", "fail"]))
        if end == "succeed":
            given_outputs = data.draw(st.sets(st.sampled_from(["x", "y"])))
            outputs[name] = frozenset(given_outputs)
            records = tuple(OutputRecord(output) for output in sorted(given_outputs))
            take(machine.handle(AttemptSucceeded(moment, name, attempt, outputs=records)))
        elif end == "fail":
            failed.add(name)
            take(machine.handle(AttemptFailed(moment, name, attempt, ERROR)))
        else:
            take(machine.handle(AttemptCanceled(moment, name, attempt)))

    assert len(finished) == 1, "the run ends, once"
    assert not running
    assert set(fates) == set(by_name)
    assert all(machine.state(name) in SETTLED for name in by_name)
    for name, fate in fates.items():
        policy = by_name[name].retry_policy
        assert launches[name] <= 1 + (policy.max_retries if policy else 0)
        if isinstance(fate, StepBlocked):
            assert fate.cause in fates
            assert isinstance(fates[fate.cause], (StepFailed, StepCanceled))
        if isinstance(fate, StepFailed):
            assert name in failed
    if canceled:
        assert finished[0].status == "canceled"
    else:
        assert finished[0].status == (
            "failed" if any(isinstance(f, StepFailed) for f in fates.values()) else "succeeded"
        )
