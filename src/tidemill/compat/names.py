"""Every other spelling: aliases of a public name, and names that Tidemill does not have, with what to use instead."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from opcode import opname

from tidemill.core.errors import UnsupportedNameError
from tidemill.core.suggest import did_you_mean

ALIASES = {
    "DagsterAssetCheckFailedError": "AssetCheckFailedError",
    "DagsterConfigMappingFunctionError": "UserCodeError",
    "DagsterError": "TidemillError",
    "DagsterEventLogInvalidForRun": "InvariantViolationError",
    "DagsterExecutionInterruptedError": "ExecutionInterruptedError",
    "DagsterExecutionStepExecutionError": "UserCodeError",
    "DagsterExecutionStepNotFoundError": "StepNotFoundError",
    "DagsterInvalidConfigDefinitionError": "InvalidConfigError",
    "DagsterInvalidConfigError": "InvalidConfigError",
    "DagsterInvalidDefinitionError": "InvalidDefinitionError",
    "DagsterInvalidInvocationError": "InvalidInvocationError",
    "DagsterInvalidMetadata": "InvalidMetadataError",
    "DagsterInvalidSubsetError": "InvalidSubsetError",
    "DagsterInvariantViolationError": "InvariantViolationError",
    "DagsterResourceFunctionError": "ResourceError",
    "DagsterRunNotFoundError": "RunNotFoundError",
    "DagsterStepOutputNotFoundError": "StepOutputNotFoundError",
    "DagsterSubprocessError": "UserCodeError",
    "DagsterTypeCheckDidNotPass": "TypeCheckError",
    "DagsterTypeCheckError": "TypeCheckError",
    "DagsterUnknownPartitionError": "UnknownPartitionError",
    "DagsterUnknownResourceError": "UnknownResourceError",
    "DagsterUnmetExecutorRequirementsError": "UnmetExecutorRequirementsError",
    "DagsterUserCodeExecutionError": "UserCodeError",
    "Instance": "DagsterInstance",
    "OpExecutionContext": "AssetExecutionContext",
    "SerializableErrorInfo": "ErrorInfo",
}

PYDANTIC = "write the schema as a class: class MyConfig(Config): depth: int = 3"
LATER = "it belongs to a part of Tidemill that does not exist yet"
INSTEAD = {
    "Array": PYDANTIC,
    "AutoMaterializePolicy": LATER,
    "AutomationCondition": LATER,
    "BackfillPolicy": LATER,
    "Bool": PYDANTIC,
    "BoolSource": PYDANTIC,
    "Enum": PYDANTIC,
    "EnumValue": PYDANTIC,
    "Field": PYDANTIC,
    "Float": PYDANTIC,
    "FreshnessPolicy": LATER,
    "Int": PYDANTIC,
    "IntSource": PYDANTIC,
    "Map": PYDANTIC,
    "Noneable": PYDANTIC,
    "Permissive": PYDANTIC,
    "ScalarUnion": PYDANTIC,
    "ScheduleDefinition": LATER,
    "Selector": PYDANTIC,
    "Shape": PYDANTIC,
    "String": PYDANTIC,
    "StringSource": PYDANTIC,
    "asset_sensor": LATER,
    "graph": f"{LATER}; write assets",
    "graph_asset": f"{LATER}; write an @asset that calls functions",
    "job": f"{LATER}; use define_asset_job",
    "make_slack_on_run_failure_sensor": LATER,
    "op": f"{LATER}; write assets",
    "schedule": LATER,
    "sensor": LATER,
}


def find(name: str, exports: Iterable[str]) -> str:
    """The public name that `name` is another spelling of.

    Args:
        name: What was asked for.
        exports: The public names.

    Raises:
        ImportError: It is none, and an import statement asks.
        UnsupportedNameError: It is none; the message says what to use, or names the nearest.
    """
    if name in ALIASES:
        return ALIASES[name]
    error = UnsupportedNameError(
        f"tidemill has no {name!r}",
        subject=name,
        found=name,
        expected="a name in tidemill.__all__",
        next_step=INSTEAD.get(name) or did_you_mean(name, [*exports, *ALIASES]),
    )
    if _asked_by_import():
        # `from tidemill import …` would turn an AttributeError into an ImportError without its message.
        raise ImportError(str(error), name=name) from None
    raise error


def _asked_by_import() -> bool:
    """Whether the code that asked the root for a name stands at a `from tidemill import`."""
    frame = sys._getframe(3) if hasattr(sys, "_getframe") else None
    return frame is not None and opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
