"""`evaluate_automation_conditions`: which assets would be requested now, and what to hand to the next evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tidemill.automation.cursors import AutomationCursor
from tidemill.automation.evaluation import Evaluation, Explained, evaluate
from tidemill.automation.facts import NONE, EntityKey
from tidemill.automation.needs import conditions_of, needs_of
from tidemill.compat.instance import DagsterInstance
from tidemill.core.errors import InvalidInvocationError
from tidemill.core.keys import AssetCheckKey, AssetKey, CoercibleToAssetKey
from tidemill.definitions.conditions.conditions import AutomationCondition
from tidemill.definitions.definitions import Definitions, build_project
from tidemill.definitions.project import Project
from tidemill.definitions.triggers.jobs import IMPLICIT_JOB
from tidemill.definitions.triggers.requests import RunRequest
from tidemill.execution.automation import read_facts
from tidemill.execution.coding import describe
from tidemill.planning.graph import AssetGraph
from tidemill.planning.selection import AssetSelection, resolve_selection


class EvaluateAutomationConditionsResult:
    """What an evaluation came to.

    Args:
        evaluation: Of all conditions.

    Attributes:
        cursor: For the next evaluation.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self.cursor = evaluation.cursor

    @property
    def total_requested(self) -> int:
        """How many slices their conditions request."""
        return sum(map(len, self._evaluation.true.values()))

    def get_requested_partitions(self, asset_key: CoercibleToAssetKey) -> set[str | None]:
        """The partitions requested of an asset; of one without partitions, `{None}` or nothing."""
        return set(self._evaluation.requested.get(_entity(asset_key), NONE))

    def get_num_requested(self, asset_key: CoercibleToAssetKey) -> int:
        """How many slices are requested of an asset."""
        return len(self.get_requested_partitions(asset_key))

    @property
    def requested(self) -> Mapping[EntityKey, frozenset[str | None]]:
        """All that is requested."""
        return {key: frozenset(slices) for key, slices in self._evaluation.requested.items() if slices}

    def explain(self, asset_key: CoercibleToAssetKey) -> Explained | None:
        """What the condition of an asset came to, part by part; None where it has none."""
        return self._evaluation.explained.get(_entity(asset_key))


def _entity(key: Any) -> EntityKey:
    return key if isinstance(key, AssetCheckKey) else AssetKey.from_coercible(key)


def evaluate_automation_conditions(
    defs: Definitions | Sequence[Any],
    instance: DagsterInstance,
    asset_selection: Any = None,
    evaluation_time: datetime | None = None,
    cursor: AutomationCursor | None = None,
) -> EvaluateAutomationConditionsResult:
    """Find which assets would be requested now; nothing is run, and nothing is written.

    Args:
        defs: A `Definitions`, or assets.
        instance: The store that says what there is.
        asset_selection: Whose conditions; those of all assets and checks by default.
        evaluation_time: When it is; now by default. Without a zone it is UTC.
        cursor: That of the evaluation before; without one this is the first.

    Raises:
        InvalidInvocationError: The cursor is none.
        TidemillError: The definitions or the selection are not good.

    Example:
        >>> @asset
        ... def rows():
        ...     return [1, 2]
        >>> @asset(automation_condition=AutomationCondition.eager())
        ... def total(rows):
        ...     return sum(rows)
        >>> instance = DagsterInstance.ephemeral()
        >>> first = evaluate_automation_conditions([rows, total], instance=instance)
        >>> _ = materialize([rows], instance=instance)
        >>> then = evaluate_automation_conditions([rows, total], instance=instance, cursor=first.cursor)
        >>> first.total_requested, then.total_requested
        (0, 1)
    """
    if cursor is not None and not isinstance(cursor, AutomationCursor):
        raise InvalidInvocationError(
            "Not the cursor of an evaluation",
            subject="cursor",
            found=repr(cursor),
            expected="the .cursor of a result",
        )
    project = defs.project() if isinstance(defs, Definitions) else build_project(defs)
    now = evaluation_time or datetime.now(UTC)
    now = now if now.tzinfo is not None else now.replace(tzinfo=UTC)
    evaluation = evaluate_now(AssetGraph.build(project), instance, asset_selection, now, cursor)
    return EvaluateAutomationConditionsResult(evaluation)


def evaluate_now(
    graph: AssetGraph,
    instance: DagsterInstance,
    selection: Any,
    now: datetime,
    cursor: AutomationCursor | None,
    default: AutomationCondition | None = None,
) -> Evaluation:
    """One evaluation of the conditions of some assets; `default` is that of assets that have none."""
    conditions = conditions_of(graph, default)
    if selection is not None:
        chosen = resolve_selection(AssetSelection.from_coercible(selection), graph)
        conditions = {
            key: condition
            for key, condition in conditions.items()
            if key in (chosen.checks if isinstance(key, AssetCheckKey) else chosen.assets)
        }
    needs = needs_of(graph, conditions, cursor)
    code = _code_versions(graph.project, graph, needs.code)
    facts = read_facts(instance.home.store, graph, needs, now, code)
    return evaluate(graph, conditions, facts, cursor)


def requests_of(evaluation: Evaluation, graph: AssetGraph) -> list[RunRequest]:
    """The runs that make what was requested: one for all without partitions, and one for each partition."""
    assets: dict[tuple[str, str | None], list[AssetKey]] = {}
    checks: dict[str | None, list[AssetCheckKey]] = {}
    for key, slices in evaluation.requested.items():
        for each in sorted(slices, key=str):
            if isinstance(key, AssetCheckKey):
                checks.setdefault(each, []).append(key)
                continue
            partitions = graph.unit_of(key).partitions if graph.is_materializable(key) else None
            assets.setdefault((repr(partitions), each), []).append(key)
    return [
        *(
            RunRequest(asset_selection=keys, partition_key=partition, job_name=IMPLICIT_JOB)
            for (_, partition), keys in assets.items()
        ),
        *(
            RunRequest(
                asset_selection=(), asset_check_keys=keys, partition_key=partition, job_name=IMPLICIT_JOB
            )
            for partition, keys in checks.items()
        ),
    ]


def _code_versions(
    project: Project, graph: AssetGraph, assets: frozenset[AssetKey]
) -> Mapping[AssetKey, str]:
    """The code version of each asset: the one given, else the fingerprint of its code."""
    made = [key for key in assets if graph.is_materializable(key)]
    units = {unit.name: unit for unit in map(graph.unit_of, made)}
    coding = describe(project, units.values(), None) if units else None
    found = {}
    for key in made:
        spec = graph.spec(key)
        given = spec.code_version if spec is not None else None
        facts = coding.units[graph.unit_of(key).name] if coding is not None else None
        own = next((o.code for o in facts.outputs if o.asset == key.text), "") if facts is not None else ""
        found[key] = given or own
    return found
