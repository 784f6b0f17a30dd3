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
    RunStarted,
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
from tidemill.planning.machine import RunMachine
from tidemill.planning.signals import (
    AttemptCanceled,
    AttemptFailed,
    AttemptSucceeded,
    Begin,
    Cancel,
    CancelAsked,
    Claim,
    Command,
    Denied,
    Finish,
    Granted,
    Launch,
    Record,
    RetryAsked,
    WakeAfter,
    Woke,
)
from tidemill.planning.steps import SETTLED, MachineStep, Need, Settled

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
    assert [command for command in first if isinstance(command, WakeAfter)] == [WakeAfter("a", 2)]
    assert [event.wait for event in recorded(first, StepRetrying)] == [2]
    assert launched(machine.handle(Woke(3_000_000, "a"))) == ["a"]
    second = machine.handle(AttemptFailed(4_000_000, "a", 2, ERROR))
    assert [command for command in second if isinstance(command, WakeAfter)] == [WakeAfter("a", 6)]
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


def test_a_run_that_is_ended_for_an_error_has_failed_of_it():
    machine = RunMachine(chain("a", "b"))
    machine.handle(Begin(0))
    machine.handle(CancelAsked(1, "too long", error=ERROR))
    end = machine.handle(AttemptCanceled(2, "a", 1))
    assert recorded(end, RunFailed) == [RunFailed(2, (), ERROR)]
    assert end[-1] == Finish("failed")


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


def claimed(commands: list[Command]) -> list[str]:
    return [command.step for command in commands if isinstance(command, Claim)]


def test_a_step_that_claims_keeps_its_slot_while_it_asks():
    machine = RunMachine([MachineStep("a", claims=True), MachineStep("b")])
    begin = machine.handle(Begin(0))
    assert (claimed(begin), launched(begin)) == (["a"], [])
    denied = machine.handle(Denied(1, "a", 0.5))
    assert [command for command in denied if isinstance(command, WakeAfter)] == [WakeAfter("a", 0.5)]
    assert launched(denied) == ["b"]
    assert claimed(machine.handle(Woke(500_001, "a"))) == []
    assert claimed(machine.handle(AttemptSucceeded(2, "b", 1, outputs=RESULT))) == ["a"]
    assert launched(machine.handle(Granted(3, "a"))) == ["a"]


def test_an_answer_that_comes_after_the_end_changes_nothing():
    machine = RunMachine([MachineStep("a", claims=True), MachineStep("b")], slots=2)
    machine.handle(Begin(0))
    assert recorded(machine.handle(CancelAsked(1, "enough")), StepCanceled) == [StepCanceled(1, "a", 0)]
    assert machine.handle(Granted(2, "a")) == []
    assert machine.state("a") == "canceled"


def test_steps_under_a_limit_wait_for_each_other_and_hold_up_no_one_else():
    steps = [MachineStep(name, limited=("db",)) for name in "abc"] + [MachineStep("d")]
    machine = RunMachine(steps, slots=3, limits={"db": 1})
    assert launched(machine.handle(Begin(0))) == ["a", "d"]
    assert machine.busy == 2
    assert launched(machine.handle(AttemptSucceeded(1, "d", 1, outputs=RESULT))) == []
    assert launched(machine.handle(AttemptSucceeded(2, "a", 1, outputs=RESULT))) == ["b"]
    assert launched(machine.handle(AttemptFailed(3, "b", 1, ERROR))) == ["c"]


def test_a_step_under_two_limits_waits_for_both():
    steps = [
        MachineStep("a", limited=("x",)),
        MachineStep("b", limited=("y",)),
        MachineStep("c", limited=("x", "y"), priority=-1),
        MachineStep("d", limited=("x",), priority=-2),
    ]
    machine = RunMachine(steps, slots=4, limits={"x": 1, "y": 1})
    assert launched(machine.handle(Begin(0))) == ["a", "b"]
    assert launched(machine.handle(AttemptSucceeded(1, "a", 1, outputs=RESULT))) == ["d"]
    assert launched(machine.handle(AttemptSucceeded(2, "b", 1, outputs=RESULT))) == []
    assert launched(machine.handle(AttemptSucceeded(3, "d", 1, outputs=RESULT))) == ["c"]


def test_of_steps_that_wait_for_a_limit_the_highest_priority_goes_first():
    steps = [MachineStep(name, limited=("db",), priority=number) for number, name in enumerate("abcd")]
    machine = RunMachine(steps, slots=4, limits={"db": 1})
    order = launched(machine.handle(Begin(0)))
    for moment in range(1, 4):
        order += launched(machine.handle(AttemptSucceeded(moment, order[-1], 1, outputs=RESULT)))
    assert order == ["d", "c", "b", "a"]


def test_where_retries_are_disabled_nothing_is_tried_again():
    for asked in (None, RetryAsked(5, 0.0)):
        machine = RunMachine([MachineStep("a", retry_policy=RetryPolicy(max_retries=5))], retries=False)
        machine.handle(Begin(0))
        assert machine.handle(AttemptFailed(1, "a", 1, ERROR, asked))[-1] == Finish("failed")


def test_no_more_are_busy_than_there_are_slots():
    machine = RunMachine([MachineStep(name) for name in "abcdef"], slots=2)
    assert machine.busy == 1
    machine.handle(Begin(0))
    assert machine.busy == 2


def test_canceling_twice_asks_again_for_what_still_runs():
    machine = RunMachine([MachineStep("a"), MachineStep("b"), MachineStep("c")], slots=2)
    machine.handle(Begin(0))
    assert not machine.canceling
    machine.handle(CancelAsked(1, "enough"))
    assert machine.canceling
    machine.handle(AttemptCanceled(2, "a", 1))
    assert machine.handle(CancelAsked(3, "now")) == [Cancel("b")]
    assert recorded(machine.handle(AttemptCanceled(4, "b", 1)), RunCanceled) == [RunCanceled(4, "enough")]


def test_the_time_that_steps_have_to_end_is_passed_on():
    machine = RunMachine([MachineStep("a"), MachineStep("b")], slots=2)
    machine.handle(Begin(0))
    assert machine.handle(CancelAsked(1, "enough", 0.5)) == [Cancel("a", 0.5), Cancel("b", 0.5)]


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
        gives, priority, claims = draw(st.booleans()), draw(st.integers(0, 2)), draw(st.booleans())
        limited = tuple(sorted(draw(st.sets(st.sampled_from(["one", "two"])))))
        steps.append(MachineStep(f"s{index}", needs, gives, policy, priority, claims=claims, limited=limited))
    return steps


LIMITS = {"one": 1, "two": 2}
MOST_DENIALS = 8


@given(graphs(), st.integers(1, 4), st.booleans(), st.data())
def test_any_order_of_events_keeps_the_promises(
    steps: list[MachineStep], slots: int, retries: bool, data: st.DataObject
):
    machine = RunMachine(steps, slots=slots, limits=LIMITS, retries=retries)
    by_name = {step.name: step for step in steps}
    running: dict[str, int] = {}
    asking: set[str] = set()
    asleep: set[str] = set()
    denials = 0
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
            elif isinstance(command, Claim):
                assert by_name[command.step].claims
                assert command.step not in asking
                assert command.step not in running
                assert not canceled
                asking.add(command.step)
            elif isinstance(command, WakeAfter):
                asleep.add(command.step)
            elif isinstance(command, Finish):
                finished.append(command)
            elif isinstance(command, Record):
                event = command.event
                if isinstance(event, (StepSucceeded, StepFailed, StepSkipped, StepBlocked, StepCanceled)):
                    assert event.step not in fates, "a step has two fates"
                    fates[event.step] = event
        assert len(running) + len(asking) <= slots
        for limit, count in LIMITS.items():
            holding = [step for step in (*running, *asking) if limit in by_name[step].limited]
            assert len(holding) <= count

    take(machine.handle(Begin(0)))
    for moment in range(1, 400):
        if finished:
            break
        choices = [("end", name) for name in running] + [("wake", name) for name in sorted(asleep)]
        choices += [("answer", name) for name in sorted(asking)]
        assert choices, "the run hangs"
        what, name = data.draw(st.sampled_from(choices * 4 + [("cancel", "")]))
        if what == "answer":
            asking.discard(name)
            denied = denials < MOST_DENIALS and data.draw(st.booleans())
            denials += denied
            if not denied:
                launches_before = launches[name]
                take(machine.handle(Granted(moment, name)))
                assert launches[name] == launches_before + 1
            else:
                take(machine.handle(Denied(moment, name, 0.1)))
            continue
        if what == "cancel":
            again = canceled
            canceled = True
            asleep.clear()
            asking.clear()
            if again:
                commands = machine.handle(CancelAsked(moment, "test"))
                assert commands == [Cancel(step) for step in by_name if step in running]
                continue
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
        assert launches[name] <= 1 + (policy.max_retries if policy and retries else 0)
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


def settled(state: str, *outputs: str, cause: str = "") -> Settled:
    return Settled(state, frozenset(outputs), cause)


def test_a_settled_step_does_not_run_and_is_needed_as_if_it_just_had():
    steps = [
        MachineStep("a", settled=settled("succeeded", "result")),
        MachineStep("b", (Need("a", "result"),)),
        MachineStep("c", (Need("a", "other"),)),
    ]
    machine = RunMachine(steps, slots=2)
    commands = machine.handle(Begin(1))
    assert launched(commands) == ["b"]
    assert [(event.step, event.cause) for event in recorded(commands, StepSkipped)] == [("c", "a")]
    assert machine.handle(AttemptSucceeded(2, "b", 1, outputs=RESULT))[-1] == Finish("succeeded")


def test_what_failed_before_blocks_and_counts_in_the_end():
    steps = [
        MachineStep("a", settled=settled("failed")),
        MachineStep("b", (Need("a", "result"),)),
        MachineStep("c", (Need("b", "result"),)),
        MachineStep("d"),
    ]
    machine = RunMachine(steps)
    commands = machine.handle(Begin(1, again=True))
    assert recorded(commands, RunStarted) == []
    assert [(event.step, event.cause) for event in recorded(commands, StepBlocked)] == [
        ("b", "a"),
        ("c", "a"),
    ]
    assert recorded(machine.handle(AttemptSucceeded(2, "d", 1, outputs=RESULT)), RunFailed) == [
        RunFailed(2, ("a",))
    ]


def test_a_settled_step_does_not_wait_for_one_that_runs():
    steps = [
        MachineStep("a"),
        MachineStep("b", (Need("a", "result"),), settled=settled("succeeded", "result")),
        MachineStep("c", (Need("b", "result"),)),
    ]
    assert launched(RunMachine(steps, slots=3).handle(Begin(1))) == ["a", "c"]


def test_attempts_count_on():
    policy = RetryPolicy(max_retries=2)
    machine = RunMachine([MachineStep("a", retry_policy=policy, attempts=2)])
    machine.handle(Begin(1, again=True))
    assert recorded(machine.handle(AttemptFailed(2, "a", 3, ERROR)), StepFailed)[0].attempt == 3


def test_a_run_of_settled_steps_is_over_at_once():
    assert RunMachine([MachineStep("a", settled=settled("failed"))]).handle(Begin(1, again=True))[
        -1
    ] == Finish("failed")
