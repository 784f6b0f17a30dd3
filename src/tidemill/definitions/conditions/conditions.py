"""Automation conditions as data: a tree that says when an asset is to be made. `automation` evaluates it.

    AutomationCondition.eager() ──▶ All(in_latest_time_window, Since(…), Not(…), …)

A node is known by its text: `str(AutomationCondition.missing() & ~AutomationCondition.in_progress())` is
`(missing & ~(run_in_progress | backfill_in_progress))`. What a node remembers from one evaluation to the next is kept
under that text, so that a condition that is changed keeps what its unchanged parts know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self, TypeAlias

from tidemill.core.errors import InvalidDefinitionError, InvalidInvocationError
from tidemill.core.keys import AssetKey
from tidemill.definitions.arguments import wrong_type
from tidemill.definitions.calendar.cron import cron_fields
from tidemill.definitions.calendar.ticks import zone_of

Condition: TypeAlias = "AutomationCondition"


class AutomationCondition:
    """When an asset, or a check, is to be made by itself.

    Take one of the factories, or combine them with `&`, `|`, `~` and `.since(…)`; or write a subclass whose
    `evaluate(context)` returns an `AutomationResult`.

    Example:
        >>> str(AutomationCondition.missing() | AutomationCondition.cron_tick_passed("@daily"))
        '(missing | cron_tick_passed(@daily, UTC))'
    """

    label: str | None = None
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        if type(self) is AutomationCondition:
            raise InvalidInvocationError(
                "AutomationCondition is not called",
                subject="AutomationCondition",
                expected="AutomationCondition.eager(), .on_cron(…), …, or a subclass with evaluate(context)",
            )

    # What it is

    def evaluate(self, context: Any) -> Any:
        """For which slices it is true.

        Args:
            context: Whose slices, and when: an `AutomationContext`.

        Returns:
            An `AutomationResult`.
        """
        return context.evaluate(self)

    @property
    def children(self) -> tuple[Condition, ...]:
        """The conditions that it is made of."""
        held = [getattr(self, name) for name in self.fields]
        return tuple(
            each
            for part in held
            for each in (part if isinstance(part, tuple) else (part,))
            if isinstance(each, AutomationCondition)
        )

    @property
    def name(self) -> str:
        """What kind of condition it is."""
        return type(self).__name__

    @property
    def description(self) -> str:
        """What it asks, for the reader."""
        return str(self)

    def get_label(self) -> str | None:
        """The label that it was given, or that of its factory."""
        return self.label

    def with_label(self, label: str | None) -> Self:
        """The same condition under another label."""
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__, label=label)
        return copy

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "label")
        return f"{type(self).__qualname__}({said})"

    def __repr__(self) -> str:
        return f"<AutomationCondition {self.label or str(self)}>"

    # Combining

    def __and__(self, other: Condition) -> All:
        return All(_operands(All, self, other))

    def __or__(self, other: Condition) -> Any_:
        return Any_(_operands(Any_, self, other))

    def __invert__(self) -> Not:
        return Not(self)

    def since(self, reset_condition: Condition) -> Since:
        """True from when this became true until `reset_condition` did."""
        return Since(self, _condition("since", reset_condition))

    def since_last_handled(self) -> Since:
        """True from when this became true until the asset was requested or updated."""
        return self.since(_handled())

    def newly_true(self) -> NewlyTrue:
        """True where this is and, at the evaluation before, was not."""
        return NewlyTrue(self)

    def replace(self, old: Condition | str, new: Condition) -> Any:
        """A copy in which a condition, or all of a label, is another one, however deep."""
        if old in (self, self.label, str(self)) and old is not None:
            return _condition("replace", new)
        return self.changed(lambda child: child.replace(old, new))

    def changed(self, change: Any) -> Any:
        """A copy with each of its conditions changed."""
        if not self.children:
            return self
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__)
        for field in self.fields:
            part = getattr(self, field)
            if isinstance(part, AutomationCondition):
                copy.__dict__[field] = change(part)
            elif isinstance(part, tuple) and part and isinstance(part[0], AutomationCondition):
                copy.__dict__[field] = tuple(map(change, part))
        return copy

    # Whole policies

    @staticmethod
    def eager() -> All:
        """Whenever something that it is made from is updated, and for a new slice, unless something is missing or runs.

        Of time windows only the latest counts. Nothing is requested at the first evaluation.
        """
        condition = AutomationCondition
        news = condition.newly_missing() | condition.any_deps_updated()
        return All(
            (
                condition.in_latest_time_window(),
                news.since_last_handled(),
                ~condition.any_deps_missing(),
                ~condition.any_deps_in_progress(),
                ~condition.in_progress(),
            )
        ).with_label("eager")

    @staticmethod
    def on_cron(cron_schedule: str, cron_timezone: str = "UTC") -> All:
        """Once after each tick, as soon as all that it is made from was updated since that tick."""
        condition = AutomationCondition
        return All(
            (
                condition.in_latest_time_window(),
                condition.cron_tick_passed(cron_schedule, cron_timezone).since_last_handled(),
                condition.all_deps_updated_since_cron(cron_schedule, cron_timezone),
            )
        ).with_label(f"on_cron({cron_schedule}, {cron_timezone})")

    @staticmethod
    def on_missing() -> All:
        """For slices that come to be missing, as soon as nothing that they are made from is missing."""
        condition = AutomationCondition
        missing = condition.missing().newly_true().since_last_handled()
        return All(
            (
                condition.in_latest_time_window(),
                missing.with_label("missing_since_last_handled"),
                ~condition.any_deps_missing(),
            )
        ).with_label("on_missing")

    @staticmethod
    def any_downstream_conditions() -> AnyDownstream:
        """Whenever a condition of something that is made from it is true."""
        return AnyDownstream()

    # Of the asset itself

    @staticmethod
    def missing() -> Leaf:
        """It was never made, or observed."""
        return Leaf("missing")

    @staticmethod
    def in_progress() -> Any_:
        """A run, or a backfill, is about to make it."""
        runs, backfills = AutomationCondition.run_in_progress(), AutomationCondition.backfill_in_progress()
        return Any_((runs, backfills)).with_label("in_progress")

    @staticmethod
    def run_in_progress() -> Leaf:
        """A run is about to make it."""
        return Leaf("run_in_progress")

    @staticmethod
    def backfill_in_progress() -> Leaf:
        """A backfill is about to make it."""
        return Leaf("backfill_in_progress")

    @staticmethod
    def execution_failed() -> Leaf:
        """The latest run that was to make it failed before it did."""
        return Leaf("execution_failed")

    @staticmethod
    def newly_updated() -> Leaf:
        """It was made, or observed, since the evaluation before."""
        return Leaf("newly_updated")

    @staticmethod
    def newly_requested() -> Leaf:
        """The evaluation before requested it."""
        return Leaf("newly_requested")

    @staticmethod
    def newly_missing() -> NewlyTrue:
        """It is missing, and was not at the evaluation before."""
        return AutomationCondition.missing().newly_true().with_label("newly_missing")

    @staticmethod
    def will_be_requested() -> Leaf:
        """This evaluation requests it, and the same run can make both."""
        return Leaf("will_be_requested")

    @staticmethod
    def initial_evaluation() -> Leaf:
        """It is evaluated for the first time."""
        return Leaf("initial_evaluation")

    @staticmethod
    def code_version_changed() -> Leaf:
        """Its code is not what it was at the evaluation before."""
        return Leaf("code_version_changed")

    @staticmethod
    def data_version_changed() -> Leaf:
        """Its data version is not what it was at the evaluation before."""
        return Leaf("data_version_changed")

    @staticmethod
    def in_latest_time_window(lookback_delta: timedelta | None = None) -> Leaf:
        """It is of the latest time window, or ends within `lookback_delta` of its end; what has no time always is."""
        if lookback_delta is not None and not isinstance(lookback_delta, timedelta):
            raise wrong_type("in_latest_time_window", "lookback_delta", lookback_delta, "a timedelta")
        return Leaf("in_latest_time_window", () if not lookback_delta else (lookback_delta,))

    @staticmethod
    def cron_tick_passed(cron_schedule: str, cron_timezone: str = "UTC") -> Leaf:
        """A tick of the schedule passed since the evaluation before."""
        if not isinstance(cron_schedule, str):
            raise wrong_type("cron_tick_passed", "cron_schedule", cron_schedule, "a cron schedule")
        cron_fields(cron_schedule, "an automation condition")
        zone_of(cron_timezone)
        return Leaf("cron_tick_passed", (cron_schedule, cron_timezone))

    @staticmethod
    def freshness_passed() -> Leaf:
        """It is as fresh as its freshness policy wants."""
        return Leaf("freshness", ("PASS",)).with_label("freshness_passed")

    @staticmethod
    def freshness_warned() -> Leaf:
        """It is so old that its freshness policy warns."""
        return Leaf("freshness", ("WARN",)).with_label("freshness_warned")

    @staticmethod
    def freshness_failed() -> Leaf:
        """It is too old for its freshness policy."""
        return Leaf("freshness", ("FAIL",)).with_label("freshness_failed")

    @staticmethod
    def executed_with_tags(
        *, tag_keys: Iterable[str] | None = None, tag_values: Mapping[str, str] | None = None
    ) -> Leaf:
        """The run of its latest update has all these tags."""
        return Leaf("executed_with_tags", _tags(tag_keys, tag_values))

    @staticmethod
    def any_new_update_has_run_tags(
        *, tag_keys: Iterable[str] | None = None, tag_values: Mapping[str, str] | None = None
    ) -> Leaf:
        """The run of an update since the evaluation before has all these tags."""
        return Leaf("any_new_update_has_run_tags", _tags(tag_keys, tag_values))

    @staticmethod
    def all_new_updates_have_run_tags(
        *, tag_keys: Iterable[str] | None = None, tag_values: Mapping[str, str] | None = None
    ) -> Leaf:
        """There are updates since the evaluation before, and the runs of all of them have all these tags."""
        return Leaf("all_new_updates_have_run_tags", _tags(tag_keys, tag_values))

    @staticmethod
    def executed_with_root_target() -> Leaf:
        """The run of its latest update was to make the asset, too, whose condition this is."""
        return Leaf("executed_with_root_target")

    # Of checks

    @staticmethod
    def check_passed() -> Leaf:
        """The check passed for the latest version of its asset."""
        return Leaf("check", (True,)).with_label("check_passed")

    @staticmethod
    def check_failed() -> Leaf:
        """The check did not pass for the latest version of its asset."""
        return Leaf("check", (False,)).with_label("check_failed")

    @staticmethod
    def any_checks_match(condition: Condition, blocking_only: bool = False) -> Checks:
        """The condition is true of one of its checks."""
        return Checks("any", _condition("any_checks_match", condition), blocking_only)

    @staticmethod
    def all_checks_match(condition: Condition, blocking_only: bool = False) -> Checks:
        """The condition is true of all of its checks."""
        return Checks("all", _condition("all_checks_match", condition), blocking_only)

    # Of others

    @staticmethod
    def any_deps_match(condition: Condition) -> Deps:
        """The condition is true of something that it is made from."""
        return Deps("any", _condition("any_deps_match", condition))

    @staticmethod
    def all_deps_match(condition: Condition) -> Deps:
        """The condition is true of all that it is made from."""
        return Deps("all", _condition("all_deps_match", condition))

    @staticmethod
    def any_deps_updated() -> Deps:
        """Something that it is made from was updated, by a run that did not make it too, or will be."""
        condition = AutomationCondition
        alone = condition.newly_updated() & ~condition.executed_with_root_target()
        return Deps(
            "any", alone.with_label("newly_updated_without_root") | condition.will_be_requested()
        ).with_label("any_deps_updated")

    @staticmethod
    def any_deps_missing() -> Deps:
        """Something that it is made from is missing, and will not be made."""
        condition = AutomationCondition
        return Deps("any", condition.missing() & ~condition.will_be_requested()).with_label(
            "any_deps_missing"
        )

    @staticmethod
    def any_deps_in_progress() -> Deps:
        """Something that it is made from is about to be made."""
        return Deps("any", AutomationCondition.in_progress()).with_label("any_deps_in_progress")

    @staticmethod
    def all_deps_updated_since_cron(cron_schedule: str, cron_timezone: str = "UTC") -> Deps:
        """All that it is made from was updated since the latest tick, or will be."""
        condition = AutomationCondition
        updated = condition.newly_updated().since(condition.cron_tick_passed(cron_schedule, cron_timezone))
        return Deps("all", updated | condition.will_be_requested()).with_label(
            f"all_deps_updated_since_cron({cron_schedule}, {cron_timezone})"
        )

    @staticmethod
    def all_deps_blocking_checks_passed() -> Deps:
        """All blocking checks of what it is made from passed, or will be made."""
        passed = AutomationCondition.check_passed() | AutomationCondition.will_be_requested()
        checks = Checks("all", passed, True).with_label("all_blocking_checks_passed")
        return Deps("all", checks).with_label("all_deps_blocking_checks_passed")

    @staticmethod
    def asset_matches(key: Any, condition: Condition) -> Matches:
        """The condition is true of another asset."""
        return Matches(AssetKey.from_coercible(key), _condition("asset_matches", condition))


class Node(AutomationCondition):
    """A condition of this module: its fields, in order, are the arguments of its constructor."""

    def __init__(self, *contents: Any) -> None:
        self.__dict__.update(zip(self.fields, contents, strict=True))

    __hash__ = AutomationCondition.__hash__


class Leaf(Node):
    """A question about the slices of one asset or check."""

    kind: str
    arguments: tuple[Any, ...]
    fields = ("kind", "arguments")

    def __init__(self, kind: str, arguments: tuple[Any, ...] = ()) -> None:
        super().__init__(kind, arguments)

    @property
    def name(self) -> str:
        """The question."""
        return str(self)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(map(str, self.arguments))})" if self.arguments else self.kind


class Several(Node):
    """Several conditions, joined; `allow` and `ignore` go to those of them that are about others."""

    operands: tuple[Condition, ...]
    fields = ("operands",)
    sign: ClassVar[str]

    def __str__(self) -> str:
        return f"({f' {self.sign} '.join(map(str, self.operands))})"

    def without(self, condition: Condition) -> Self:
        """A copy without one of its operands.

        Raises:
            InvalidDefinitionError: It is none of them.
        """
        kept = tuple(operand for operand in self.operands if operand != condition)
        if len(kept) == len(self.operands):
            raise InvalidDefinitionError(
                "The condition is no operand of the one that it is taken from",
                subject=self.label or str(self),
                found=str(condition),
                expected=" or ".join(map(str, self.operands)),
                next_step="to change something deeper, use .replace(old, new)",
            )
        copy = type(self)(kept)
        return copy if self.label is None else copy.with_label(self.label)

    def allow(self, selection: Any) -> Any:
        """A copy whose conditions on dependencies are only about assets that are selected."""
        return _told(self, "allow", selection)

    def ignore(self, selection: Any) -> Any:
        """A copy whose conditions on dependencies are not about assets that are selected."""
        return _told(self, "ignore", selection)


class All(Several):
    """True where all operands are."""

    sign = "&"
    name = "AND"


class Any_(Several):
    """True where one of the operands is."""

    sign = "|"
    name = "OR"


class Wrapping(Node):
    """What hands `allow` and `ignore` on."""

    def allow(self, selection: Any) -> Any:
        """A copy whose conditions on dependencies are only about assets that are selected."""
        return _told(self, "allow", selection)

    def ignore(self, selection: Any) -> Any:
        """A copy whose conditions on dependencies are not about assets that are selected."""
        return _told(self, "ignore", selection)


class Not(Wrapping):
    """True where the operand is not."""

    operand: Condition
    fields = ("operand",)
    name = "NOT"

    def __str__(self) -> str:
        return f"~{self.operand}"


class NewlyTrue(Wrapping):
    """True where the operand is and was not."""

    operand: Condition
    fields = ("operand",)
    name = "NEWLY_TRUE"

    def __str__(self) -> str:
        return f"newly({self.operand})"


class Since(Wrapping):
    """True from when one was true until another was; where both are, the other counts."""

    trigger_condition: Condition
    reset_condition: Condition
    fields = ("trigger_condition", "reset_condition")
    name = "SINCE"

    def __str__(self) -> str:
        return f"since({self.trigger_condition}, {self.reset_condition})"


class About(Node):
    """A condition on several others of which `allow` and `ignore` choose some, as selections."""

    match: str
    operand: Condition
    allowed: Any
    ignored: Any
    what: ClassVar[str]

    def allow(self, selection: Any) -> Self:
        """A copy that is only about those that are selected."""
        return self._with(allowed=selection)

    def ignore(self, selection: Any) -> Self:
        """A copy that is not about those that are selected."""
        return self._with(ignored=selection)

    def _with(self, **changes: Any) -> Self:
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    def __str__(self) -> str:
        chosen = [
            f", {word}={selection}"
            for word, selection in (("allow", self.allowed), ("ignore", self.ignored))
            if selection is not None
        ]
        return f"{self.match}_{self.what}_match({self.operand}{''.join(chosen)})"


class Deps(About):
    """A condition on what an asset is made from."""

    fields = ("match", "operand", "allowed", "ignored")
    what = "deps"

    def __init__(self, match: str, operand: Condition) -> None:
        super().__init__(match, operand, None, None)

    @property
    def name(self) -> str:
        """Any, or all."""
        return f"{self.match.upper()}_DEPS_MATCH"


class Checks(About):
    """A condition on the checks of an asset."""

    blocking_only: bool
    fields = ("match", "operand", "allowed", "ignored", "blocking_only")
    what = "checks"

    def __init__(self, match: str, operand: Condition, blocking_only: bool) -> None:
        super().__init__(match, operand, None, None, blocking_only)

    @property
    def name(self) -> str:
        """Any, or all."""
        return f"{self.match.upper()}_CHECKS_MATCH"

    def __str__(self) -> str:
        return f"blocking:{super().__str__()}" if self.blocking_only else super().__str__()


class Matches(Wrapping):
    """A condition on another asset."""

    key: AssetKey
    operand: Condition
    fields = ("key", "operand")

    @property
    def name(self) -> str:
        """The other asset."""
        return self.key.to_user_string()

    def __str__(self) -> str:
        return f"{self.key.to_user_string()}:{self.operand}"


class AnyDownstream(Node):
    """The conditions of what is made from an asset."""

    name = "ANY_DOWNSTREAM_CONDITIONS"

    def __str__(self) -> str:
        return "any_downstream_conditions"


def valid_condition(owner: str, condition: Any) -> AutomationCondition | None:
    """`condition`, where it is one or None."""
    if condition is None or isinstance(condition, AutomationCondition):
        return condition
    raise wrong_type(
        owner,
        "automation_condition",
        condition,
        "an AutomationCondition, such as AutomationCondition.eager()",
    )


def _condition(owner: str, value: Any) -> AutomationCondition:
    if isinstance(value, AutomationCondition):
        return value
    raise wrong_type(owner, "the condition", value, "an AutomationCondition")


def _operands(kind: type[Several], *conditions: Condition) -> tuple[Condition, ...]:
    """The operands of a join; a join of the same kind without a label is part of it."""
    found: list[Condition] = []
    for each in conditions:
        condition = _condition(f"automation condition {kind.sign}", each)
        joined = type(condition) is kind and condition.label is None
        found += condition.operands if joined else (condition,)  # type: ignore[attr-defined]
    return tuple(found)


def _handled() -> Any_:
    condition = AutomationCondition
    parts = (condition.newly_requested(), condition.newly_updated(), condition.initial_evaluation())
    return Any_(parts).with_label("handled")


def _told(condition: Any, what: str, selection: Any) -> Any:
    return condition.changed(lambda child: getattr(child, what)(selection) if hasattr(child, what) else child)


def _tags(
    tag_keys: Iterable[str] | None, tag_values: Mapping[str, str] | None
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    if isinstance(tag_keys, str):
        raise wrong_type("an automation condition", "tag_keys", tag_keys, "a set of strings")
    return tuple(sorted(tag_keys or ())), tuple(sorted((tag_values or {}).items()))
