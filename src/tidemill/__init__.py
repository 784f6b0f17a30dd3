"""Tidemill: an asset orchestrator for machine-learning pipelines.

The public names are served from the table below, each when it is first asked for, so that importing the package costs
next to nothing. `tidemill.compat.names` answers for every other name: an alias, or what to use instead.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; importing `typing` would cost more than all the rest

__all__ = [
    "AddDynamicPartitionsRequest",
    "AllPartitionMapping",
    "Any",
    "AssetCheckEvaluation",
    "AssetCheckExecutionContext",
    "AssetCheckFailedError",
    "AssetCheckKey",
    "AssetCheckResult",
    "AssetCheckSeverity",
    "AssetCheckSpec",
    "AssetChecksDefinition",
    "AssetDep",
    "AssetExecutionContext",
    "AssetIn",
    "AssetKey",
    "AssetMaterialization",
    "AssetObservation",
    "AssetOut",
    "AssetRecord",
    "AssetSelection",
    "AssetSpec",
    "AssetsDefinition",
    "Backoff",
    "Bool",
    "BoolMetadataValue",
    "CircularDependencyError",
    "Config",
    "ConfigurableIOManager",
    "ConfigurableIOManagerFactory",
    "ConfigurableResource",
    "DagsterAssetMetadataValue",
    "DagsterEvent",
    "DagsterEventType",
    "DagsterInstance",
    "DagsterJobMetadataValue",
    "DagsterRun",
    "DagsterRunMetadataValue",
    "DagsterRunStatus",
    "DagsterType",
    "DailyPartitionsDefinition",
    "DamagedArtifactError",
    "DataVersion",
    "Definitions",
    "DeleteDynamicPartitionsRequest",
    "Dict",
    "DimensionPartitionMapping",
    "DynamicPartitionsDefinition",
    "EnvVar",
    "ErrorInfo",
    "EventLogEntry",
    "EventLogRecord",
    "EventRecordsFilter",
    "EventRecordsResult",
    "ExecuteInProcessResult",
    "ExecutionInterruptedError",
    "ExecutorDefinition",
    "Failure",
    "FilesystemIOManager",
    "Float",
    "FloatMetadataValue",
    "HourlyPartitionsDefinition",
    "IOManager",
    "IOManagerDefinition",
    "IdentityPartitionMapping",
    "InMemoryIOManager",
    "InitResourceContext",
    "InputContext",
    "InputManager",
    "Int",
    "IntMetadataValue",
    "InvalidConfigError",
    "InvalidDefinitionError",
    "InvalidInvocationError",
    "InvalidMetadataError",
    "InvalidSubsetError",
    "InvariantViolationError",
    "Jitter",
    "JobDefinition",
    "JobExecutionResult",
    "JsonMetadataValue",
    "LastPartitionMapping",
    "LeaseLostError",
    "List",
    "MarkdownMetadataValue",
    "MaterializeResult",
    "MetadataValue",
    "MonthlyPartitionsDefinition",
    "MultiPartitionKey",
    "MultiPartitionMapping",
    "MultiPartitionsDefinition",
    "MultiToSingleDimensionPartitionMapping",
    "NotebookMetadataValue",
    "Nothing",
    "NullMetadataValue",
    "ObserveResult",
    "Optional",
    "Output",
    "OutputContext",
    "PartitionKeyRange",
    "PartitionMapping",
    "PartitionsDefinition",
    "PathMetadataValue",
    "PermissiveConfig",
    "PythonArtifactMetadataValue",
    "PythonObjectDagsterType",
    "ReexecutionOptions",
    "ResourceDefinition",
    "ResourceDependency",
    "ResourceError",
    "ResourceParam",
    "RetryPolicy",
    "RetryRequested",
    "RunConfig",
    "RunNotFoundError",
    "RunRecord",
    "RunsFilter",
    "ScheduleType",
    "Set",
    "SourceAsset",
    "SpecificPartitionsPartitionMapping",
    "StaticPartitionMapping",
    "StaticPartitionsDefinition",
    "StepNotFoundError",
    "StepOutputNotFoundError",
    "StepTimeoutError",
    "StoreError",
    "StoreVersionError",
    "String",
    "TableColumn",
    "TableColumnConstraints",
    "TableColumnDep",
    "TableColumnLineage",
    "TableColumnLineageMetadataValue",
    "TableConstraints",
    "TableMetadataValue",
    "TableRecord",
    "TableSchema",
    "TableSchemaMetadataValue",
    "TextMetadataValue",
    "TidemillError",
    "TimeWindow",
    "TimeWindowPartitionMapping",
    "TimeWindowPartitionsDefinition",
    "TimestampMetadataValue",
    "Tuple",
    "TypeCheck",
    "TypeCheckContext",
    "TypeCheckError",
    "UnknownPartitionError",
    "UnknownResourceError",
    "UnmetExecutorRequirementsError",
    "UnpicklableValueError",
    "UnsupportedNameError",
    "UrlMetadataValue",
    "UserCodeError",
    "UserCodeLoadError",
    "ValueNotStoredError",
    "WeeklyPartitionsDefinition",
    "WorkerDiedError",
    "__version__",
    "asset",
    "asset_check",
    "build_asset_check_context",
    "build_asset_context",
    "build_init_resource_context",
    "build_input_context",
    "build_output_context",
    "build_resources",
    "check_dagster_type",
    "define_asset_job",
    "execute_job",
    "file_relative_path",
    "fs_io_manager",
    "get_dagster_logger",
    "in_process_executor",
    "input_manager",
    "instance_for_test",
    "io_manager",
    "load_asset_checks_from_current_module",
    "load_asset_checks_from_modules",
    "load_asset_checks_from_package_module",
    "load_asset_checks_from_package_name",
    "load_assets_from_current_module",
    "load_assets_from_modules",
    "load_assets_from_package_module",
    "load_assets_from_package_name",
    "make_python_type_usable_as_dagster_type",
    "materialize",
    "materialize_to_memory",
    "mem_io_manager",
    "multi_asset",
    "multi_asset_check",
    "multi_or_in_process_executor",
    "multiprocess_executor",
    "reconstructable",
    "refresh",
    "resource",
    "usable_as_dagster_type",
]

EXPORTS = {
    "AddDynamicPartitionsRequest": "tidemill.definitions.dynamic_partitions",
    "AllPartitionMapping": "tidemill.definitions.partition_mappings",
    "Any": "tidemill.definitions.types",
    "AssetCheckEvaluation": "tidemill.compat.events",
    "AssetCheckExecutionContext": "tidemill.work.context",
    "AssetCheckFailedError": "tidemill.core.errors",
    "AssetCheckKey": "tidemill.core.keys",
    "AssetCheckResult": "tidemill.definitions.results",
    "AssetCheckSeverity": "tidemill.definitions.specs",
    "AssetCheckSpec": "tidemill.definitions.specs",
    "AssetChecksDefinition": "tidemill.definitions.assets",
    "AssetDep": "tidemill.definitions.specs",
    "AssetExecutionContext": "tidemill.work.context",
    "AssetIn": "tidemill.definitions.specs",
    "AssetKey": "tidemill.core.keys",
    "AssetMaterialization": "tidemill.definitions.results",
    "AssetObservation": "tidemill.definitions.results",
    "AssetOut": "tidemill.definitions.specs",
    "AssetRecord": "tidemill.compat.records",
    "AssetSelection": "tidemill.planning.selection",
    "AssetSpec": "tidemill.definitions.specs",
    "AssetsDefinition": "tidemill.definitions.assets",
    "Backoff": "tidemill.definitions.policies",
    "Bool": "tidemill.definitions.types",
    "BoolMetadataValue": "tidemill.core.metadata",
    "CircularDependencyError": "tidemill.core.errors",
    "Config": "tidemill.definitions.config",
    "ConfigurableIOManager": "tidemill.io.configurable",
    "ConfigurableIOManagerFactory": "tidemill.io.configurable",
    "ConfigurableResource": "tidemill.definitions.resources",
    "DagsterAssetMetadataValue": "tidemill.core.metadata",
    "DagsterEvent": "tidemill.compat.events",
    "DagsterEventType": "tidemill.compat.events",
    "DagsterInstance": "tidemill.compat.instance",
    "DagsterJobMetadataValue": "tidemill.core.metadata",
    "DagsterRun": "tidemill.compat.runs",
    "DagsterRunMetadataValue": "tidemill.core.metadata",
    "DagsterRunStatus": "tidemill.compat.runs",
    "DagsterType": "tidemill.definitions.types",
    "DailyPartitionsDefinition": "tidemill.definitions.time_windows",
    "DamagedArtifactError": "tidemill.core.errors",
    "DataVersion": "tidemill.definitions.results",
    "Definitions": "tidemill.compat.definitions",
    "DeleteDynamicPartitionsRequest": "tidemill.definitions.dynamic_partitions",
    "Dict": "tidemill.definitions.types",
    "DimensionPartitionMapping": "tidemill.definitions.partition_mappings",
    "DynamicPartitionsDefinition": "tidemill.definitions.dynamic_partitions",
    "EnvVar": "tidemill.definitions.env",
    "ErrorInfo": "tidemill.core.records",
    "EventLogEntry": "tidemill.compat.records",
    "EventLogRecord": "tidemill.compat.records",
    "EventRecordsFilter": "tidemill.compat.records",
    "EventRecordsResult": "tidemill.compat.records",
    "ExecuteInProcessResult": "tidemill.compat.result",
    "ExecutionInterruptedError": "tidemill.core.errors",
    "ExecutorDefinition": "tidemill.definitions.executors",
    "Failure": "tidemill.definitions.results",
    "FilesystemIOManager": "tidemill.io.managers",
    "Float": "tidemill.definitions.types",
    "FloatMetadataValue": "tidemill.core.metadata",
    "HourlyPartitionsDefinition": "tidemill.definitions.time_windows",
    "IOManager": "tidemill.io.managers",
    "IOManagerDefinition": "tidemill.io.managers",
    "IdentityPartitionMapping": "tidemill.definitions.partition_mappings",
    "InMemoryIOManager": "tidemill.io.managers",
    "InitResourceContext": "tidemill.definitions.resource_set",
    "InputContext": "tidemill.io.contexts",
    "InputManager": "tidemill.io.managers",
    "Int": "tidemill.definitions.types",
    "IntMetadataValue": "tidemill.core.metadata",
    "InvalidConfigError": "tidemill.core.errors",
    "InvalidDefinitionError": "tidemill.core.errors",
    "InvalidInvocationError": "tidemill.core.errors",
    "InvalidMetadataError": "tidemill.core.errors",
    "InvalidSubsetError": "tidemill.core.errors",
    "InvariantViolationError": "tidemill.core.errors",
    "Jitter": "tidemill.definitions.policies",
    "JobDefinition": "tidemill.compat.jobs",
    "JobExecutionResult": "tidemill.compat.jobs",
    "JsonMetadataValue": "tidemill.core.metadata",
    "LastPartitionMapping": "tidemill.definitions.partition_mappings",
    "LeaseLostError": "tidemill.core.errors",
    "List": "tidemill.definitions.types",
    "MarkdownMetadataValue": "tidemill.core.metadata",
    "MaterializeResult": "tidemill.definitions.results",
    "MetadataValue": "tidemill.core.metadata",
    "MonthlyPartitionsDefinition": "tidemill.definitions.time_windows",
    "MultiPartitionKey": "tidemill.definitions.multi_partitions",
    "MultiPartitionMapping": "tidemill.definitions.partition_mappings",
    "MultiPartitionsDefinition": "tidemill.definitions.multi_partitions",
    "MultiToSingleDimensionPartitionMapping": "tidemill.definitions.partition_mappings",
    "NotebookMetadataValue": "tidemill.core.metadata",
    "Nothing": "tidemill.definitions.specs",
    "NullMetadataValue": "tidemill.core.metadata",
    "ObserveResult": "tidemill.definitions.results",
    "Optional": "tidemill.definitions.types",
    "Output": "tidemill.definitions.results",
    "OutputContext": "tidemill.io.contexts",
    "PartitionKeyRange": "tidemill.definitions.partitions",
    "PartitionMapping": "tidemill.definitions.partition_mappings",
    "PartitionsDefinition": "tidemill.definitions.partitions",
    "PathMetadataValue": "tidemill.core.metadata",
    "PermissiveConfig": "tidemill.definitions.config",
    "PythonArtifactMetadataValue": "tidemill.core.metadata",
    "PythonObjectDagsterType": "tidemill.definitions.types",
    "ReexecutionOptions": "tidemill.compat.reexecution",
    "ResourceDefinition": "tidemill.definitions.resource_functions",
    "ResourceDependency": "tidemill.definitions.resources",
    "ResourceError": "tidemill.core.errors",
    "ResourceParam": "tidemill.definitions.resources",
    "RetryPolicy": "tidemill.definitions.policies",
    "RetryRequested": "tidemill.definitions.results",
    "RunConfig": "tidemill.definitions.config",
    "RunNotFoundError": "tidemill.core.errors",
    "RunRecord": "tidemill.compat.runs",
    "RunsFilter": "tidemill.compat.runs",
    "ScheduleType": "tidemill.definitions.time_windows",
    "Set": "tidemill.definitions.types",
    "SourceAsset": "tidemill.definitions.assets",
    "SpecificPartitionsPartitionMapping": "tidemill.definitions.partition_mappings",
    "StaticPartitionMapping": "tidemill.definitions.partition_mappings",
    "StaticPartitionsDefinition": "tidemill.definitions.partitions",
    "StepNotFoundError": "tidemill.core.errors",
    "StepOutputNotFoundError": "tidemill.core.errors",
    "StepTimeoutError": "tidemill.core.errors",
    "StoreError": "tidemill.core.errors",
    "StoreVersionError": "tidemill.core.errors",
    "String": "tidemill.definitions.types",
    "TableColumn": "tidemill.core.tables",
    "TableColumnConstraints": "tidemill.core.tables",
    "TableColumnDep": "tidemill.core.tables",
    "TableColumnLineage": "tidemill.core.tables",
    "TableColumnLineageMetadataValue": "tidemill.core.metadata",
    "TableConstraints": "tidemill.core.tables",
    "TableMetadataValue": "tidemill.core.metadata",
    "TableRecord": "tidemill.core.tables",
    "TableSchema": "tidemill.core.tables",
    "TableSchemaMetadataValue": "tidemill.core.metadata",
    "TextMetadataValue": "tidemill.core.metadata",
    "TidemillError": "tidemill.core.errors",
    "TimeWindow": "tidemill.definitions.time_windows",
    "TimeWindowPartitionMapping": "tidemill.definitions.partition_mappings",
    "TimeWindowPartitionsDefinition": "tidemill.definitions.time_windows",
    "TimestampMetadataValue": "tidemill.core.metadata",
    "Tuple": "tidemill.definitions.types",
    "TypeCheck": "tidemill.definitions.types",
    "TypeCheckContext": "tidemill.definitions.types",
    "TypeCheckError": "tidemill.core.errors",
    "UnknownPartitionError": "tidemill.core.errors",
    "UnknownResourceError": "tidemill.core.errors",
    "UnmetExecutorRequirementsError": "tidemill.core.errors",
    "UnpicklableValueError": "tidemill.core.errors",
    "UnsupportedNameError": "tidemill.core.errors",
    "UrlMetadataValue": "tidemill.core.metadata",
    "UserCodeError": "tidemill.core.errors",
    "UserCodeLoadError": "tidemill.core.errors",
    "ValueNotStoredError": "tidemill.core.errors",
    "WeeklyPartitionsDefinition": "tidemill.definitions.time_windows",
    "WorkerDiedError": "tidemill.core.errors",
    "__version__": "tidemill.core.version",
    "asset": "tidemill.definitions.decorators",
    "asset_check": "tidemill.definitions.decorators",
    "build_asset_check_context": "tidemill.compat.contexts",
    "build_asset_context": "tidemill.compat.contexts",
    "build_init_resource_context": "tidemill.definitions.resource_testing",
    "build_input_context": "tidemill.io.contexts",
    "build_output_context": "tidemill.io.contexts",
    "build_resources": "tidemill.definitions.resource_testing",
    "check_dagster_type": "tidemill.definitions.types",
    "define_asset_job": "tidemill.definitions.jobs",
    "execute_job": "tidemill.compat.execute",
    "file_relative_path": "tidemill.compat.files",
    "fs_io_manager": "tidemill.io.managers",
    "get_dagster_logger": "tidemill.work.logs",
    "in_process_executor": "tidemill.definitions.executors",
    "input_manager": "tidemill.io.managers",
    "instance_for_test": "tidemill.testing.instances",
    "io_manager": "tidemill.io.managers",
    "load_asset_checks_from_current_module": "tidemill.definitions.loading",
    "load_asset_checks_from_modules": "tidemill.definitions.loading",
    "load_asset_checks_from_package_module": "tidemill.definitions.loading",
    "load_asset_checks_from_package_name": "tidemill.definitions.loading",
    "load_assets_from_current_module": "tidemill.definitions.loading",
    "load_assets_from_modules": "tidemill.definitions.loading",
    "load_assets_from_package_module": "tidemill.definitions.loading",
    "load_assets_from_package_name": "tidemill.definitions.loading",
    "make_python_type_usable_as_dagster_type": "tidemill.definitions.types",
    "materialize": "tidemill.compat.materialize",
    "materialize_to_memory": "tidemill.compat.materialize",
    "mem_io_manager": "tidemill.io.managers",
    "multi_asset": "tidemill.definitions.decorators",
    "multi_asset_check": "tidemill.definitions.decorators",
    "multi_or_in_process_executor": "tidemill.definitions.executors",
    "multiprocess_executor": "tidemill.definitions.executors",
    "reconstructable": "tidemill.compat.reconstruct",
    "refresh": "tidemill.compat.refresh",
    "resource": "tidemill.definitions.resource_functions",
    "usable_as_dagster_type": "tidemill.definitions.types",
}


def __getattr__(name: str) -> object:
    if name.startswith("__") and name not in EXPORTS:
        raise AttributeError(name)
    own = name if name in EXPORTS else import_module("tidemill.compat.names").find(name, EXPORTS)
    collects = gc.isenabled()
    gc.disable()  # where large libraries are loaded, the collector would look through all of them: 0.06 s
    try:
        value: object = getattr(import_module(EXPORTS[own]), own)
    finally:
        if collects:
            gc.enable()
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _OtherModules:
    """Is asked for a module when no other finder has it, and passes on what stands under this package."""

    @staticmethod
    def find_spec(name: str, *_: object) -> object:
        """How to import it, or None."""
        ours = name.startswith("tidemill.")
        return import_module("tidemill.compat.modules").find_spec(name) if ours else None


sys.meta_path.append(_OtherModules)  # type: ignore[arg-type]  # naming its types would cost an import


if TYPE_CHECKING:
    from tidemill.compat.contexts import (
        build_asset_check_context as build_asset_check_context,
        build_asset_context as build_asset_context,
    )
    from tidemill.compat.definitions import (
        Definitions as Definitions,
    )
    from tidemill.compat.events import (
        AssetCheckEvaluation as AssetCheckEvaluation,
        DagsterEvent as DagsterEvent,
        DagsterEventType as DagsterEventType,
    )
    from tidemill.compat.execute import (
        execute_job as execute_job,
    )
    from tidemill.compat.files import (
        file_relative_path as file_relative_path,
    )
    from tidemill.compat.instance import (
        DagsterInstance as DagsterInstance,
    )
    from tidemill.compat.jobs import (
        JobDefinition as JobDefinition,
        JobExecutionResult as JobExecutionResult,
    )
    from tidemill.compat.materialize import (
        materialize as materialize,
        materialize_to_memory as materialize_to_memory,
    )
    from tidemill.compat.reconstruct import (
        reconstructable as reconstructable,
    )
    from tidemill.compat.records import (
        AssetRecord as AssetRecord,
        EventLogEntry as EventLogEntry,
        EventLogRecord as EventLogRecord,
        EventRecordsFilter as EventRecordsFilter,
        EventRecordsResult as EventRecordsResult,
    )
    from tidemill.compat.reexecution import (
        ReexecutionOptions as ReexecutionOptions,
    )
    from tidemill.compat.refresh import (
        refresh as refresh,
    )
    from tidemill.compat.result import (
        ExecuteInProcessResult as ExecuteInProcessResult,
    )
    from tidemill.compat.runs import (
        DagsterRun as DagsterRun,
        DagsterRunStatus as DagsterRunStatus,
        RunRecord as RunRecord,
        RunsFilter as RunsFilter,
    )
    from tidemill.core.errors import (
        AssetCheckFailedError as AssetCheckFailedError,
        CircularDependencyError as CircularDependencyError,
        DamagedArtifactError as DamagedArtifactError,
        ExecutionInterruptedError as ExecutionInterruptedError,
        InvalidConfigError as InvalidConfigError,
        InvalidDefinitionError as InvalidDefinitionError,
        InvalidInvocationError as InvalidInvocationError,
        InvalidMetadataError as InvalidMetadataError,
        InvalidSubsetError as InvalidSubsetError,
        InvariantViolationError as InvariantViolationError,
        LeaseLostError as LeaseLostError,
        ResourceError as ResourceError,
        RunNotFoundError as RunNotFoundError,
        StepNotFoundError as StepNotFoundError,
        StepOutputNotFoundError as StepOutputNotFoundError,
        StepTimeoutError as StepTimeoutError,
        StoreError as StoreError,
        StoreVersionError as StoreVersionError,
        TidemillError as TidemillError,
        TypeCheckError as TypeCheckError,
        UnknownPartitionError as UnknownPartitionError,
        UnknownResourceError as UnknownResourceError,
        UnmetExecutorRequirementsError as UnmetExecutorRequirementsError,
        UnpicklableValueError as UnpicklableValueError,
        UnsupportedNameError as UnsupportedNameError,
        UserCodeError as UserCodeError,
        UserCodeLoadError as UserCodeLoadError,
        ValueNotStoredError as ValueNotStoredError,
        WorkerDiedError as WorkerDiedError,
    )
    from tidemill.core.keys import (
        AssetCheckKey as AssetCheckKey,
        AssetKey as AssetKey,
    )
    from tidemill.core.metadata import (
        BoolMetadataValue as BoolMetadataValue,
        DagsterAssetMetadataValue as DagsterAssetMetadataValue,
        DagsterJobMetadataValue as DagsterJobMetadataValue,
        DagsterRunMetadataValue as DagsterRunMetadataValue,
        FloatMetadataValue as FloatMetadataValue,
        IntMetadataValue as IntMetadataValue,
        JsonMetadataValue as JsonMetadataValue,
        MarkdownMetadataValue as MarkdownMetadataValue,
        MetadataValue as MetadataValue,
        NotebookMetadataValue as NotebookMetadataValue,
        NullMetadataValue as NullMetadataValue,
        PathMetadataValue as PathMetadataValue,
        PythonArtifactMetadataValue as PythonArtifactMetadataValue,
        TableColumnLineageMetadataValue as TableColumnLineageMetadataValue,
        TableMetadataValue as TableMetadataValue,
        TableSchemaMetadataValue as TableSchemaMetadataValue,
        TextMetadataValue as TextMetadataValue,
        TimestampMetadataValue as TimestampMetadataValue,
        UrlMetadataValue as UrlMetadataValue,
    )
    from tidemill.core.records import (
        ErrorInfo as ErrorInfo,
    )
    from tidemill.core.tables import (
        TableColumn as TableColumn,
        TableColumnConstraints as TableColumnConstraints,
        TableColumnDep as TableColumnDep,
        TableColumnLineage as TableColumnLineage,
        TableConstraints as TableConstraints,
        TableRecord as TableRecord,
        TableSchema as TableSchema,
    )
    from tidemill.core.version import (
        __version__ as __version__,
    )
    from tidemill.definitions.assets import (
        AssetChecksDefinition as AssetChecksDefinition,
        AssetsDefinition as AssetsDefinition,
        SourceAsset as SourceAsset,
    )
    from tidemill.definitions.config import (
        Config as Config,
        PermissiveConfig as PermissiveConfig,
        RunConfig as RunConfig,
    )
    from tidemill.definitions.decorators import (
        asset as asset,
        asset_check as asset_check,
        multi_asset as multi_asset,
        multi_asset_check as multi_asset_check,
    )
    from tidemill.definitions.dynamic_partitions import (
        AddDynamicPartitionsRequest as AddDynamicPartitionsRequest,
        DeleteDynamicPartitionsRequest as DeleteDynamicPartitionsRequest,
        DynamicPartitionsDefinition as DynamicPartitionsDefinition,
    )
    from tidemill.definitions.env import (
        EnvVar as EnvVar,
    )
    from tidemill.definitions.executors import (
        ExecutorDefinition as ExecutorDefinition,
        in_process_executor as in_process_executor,
        multi_or_in_process_executor as multi_or_in_process_executor,
        multiprocess_executor as multiprocess_executor,
    )
    from tidemill.definitions.jobs import (
        define_asset_job as define_asset_job,
    )
    from tidemill.definitions.loading import (
        load_asset_checks_from_current_module as load_asset_checks_from_current_module,
        load_asset_checks_from_modules as load_asset_checks_from_modules,
        load_asset_checks_from_package_module as load_asset_checks_from_package_module,
        load_asset_checks_from_package_name as load_asset_checks_from_package_name,
        load_assets_from_current_module as load_assets_from_current_module,
        load_assets_from_modules as load_assets_from_modules,
        load_assets_from_package_module as load_assets_from_package_module,
        load_assets_from_package_name as load_assets_from_package_name,
    )
    from tidemill.definitions.multi_partitions import (
        MultiPartitionKey as MultiPartitionKey,
        MultiPartitionsDefinition as MultiPartitionsDefinition,
    )
    from tidemill.definitions.partition_mappings import (
        AllPartitionMapping as AllPartitionMapping,
        DimensionPartitionMapping as DimensionPartitionMapping,
        IdentityPartitionMapping as IdentityPartitionMapping,
        LastPartitionMapping as LastPartitionMapping,
        MultiPartitionMapping as MultiPartitionMapping,
        MultiToSingleDimensionPartitionMapping as MultiToSingleDimensionPartitionMapping,
        PartitionMapping as PartitionMapping,
        SpecificPartitionsPartitionMapping as SpecificPartitionsPartitionMapping,
        StaticPartitionMapping as StaticPartitionMapping,
        TimeWindowPartitionMapping as TimeWindowPartitionMapping,
    )
    from tidemill.definitions.partitions import (
        PartitionKeyRange as PartitionKeyRange,
        PartitionsDefinition as PartitionsDefinition,
        StaticPartitionsDefinition as StaticPartitionsDefinition,
    )
    from tidemill.definitions.policies import (
        Backoff as Backoff,
        Jitter as Jitter,
        RetryPolicy as RetryPolicy,
    )
    from tidemill.definitions.resource_functions import (
        ResourceDefinition as ResourceDefinition,
        resource as resource,
    )
    from tidemill.definitions.resource_set import (
        InitResourceContext as InitResourceContext,
    )
    from tidemill.definitions.resource_testing import (
        build_init_resource_context as build_init_resource_context,
        build_resources as build_resources,
    )
    from tidemill.definitions.resources import (
        ConfigurableResource as ConfigurableResource,
        ResourceDependency as ResourceDependency,
        ResourceParam as ResourceParam,
    )
    from tidemill.definitions.results import (
        AssetCheckResult as AssetCheckResult,
        AssetMaterialization as AssetMaterialization,
        AssetObservation as AssetObservation,
        DataVersion as DataVersion,
        Failure as Failure,
        MaterializeResult as MaterializeResult,
        ObserveResult as ObserveResult,
        Output as Output,
        RetryRequested as RetryRequested,
    )
    from tidemill.definitions.specs import (
        AssetCheckSeverity as AssetCheckSeverity,
        AssetCheckSpec as AssetCheckSpec,
        AssetDep as AssetDep,
        AssetIn as AssetIn,
        AssetOut as AssetOut,
        AssetSpec as AssetSpec,
        Nothing as Nothing,
    )
    from tidemill.definitions.time_windows import (
        DailyPartitionsDefinition as DailyPartitionsDefinition,
        HourlyPartitionsDefinition as HourlyPartitionsDefinition,
        MonthlyPartitionsDefinition as MonthlyPartitionsDefinition,
        ScheduleType as ScheduleType,
        TimeWindow as TimeWindow,
        TimeWindowPartitionsDefinition as TimeWindowPartitionsDefinition,
        WeeklyPartitionsDefinition as WeeklyPartitionsDefinition,
    )
    from tidemill.definitions.types import (
        Any as Any,
        Bool as Bool,
        DagsterType as DagsterType,
        Dict as Dict,
        Float as Float,
        Int as Int,
        List as List,
        Optional as Optional,
        PythonObjectDagsterType as PythonObjectDagsterType,
        Set as Set,
        String as String,
        Tuple as Tuple,
        TypeCheck as TypeCheck,
        TypeCheckContext as TypeCheckContext,
        check_dagster_type as check_dagster_type,
        make_python_type_usable_as_dagster_type as make_python_type_usable_as_dagster_type,
        usable_as_dagster_type as usable_as_dagster_type,
    )
    from tidemill.io.configurable import (
        ConfigurableIOManager as ConfigurableIOManager,
        ConfigurableIOManagerFactory as ConfigurableIOManagerFactory,
    )
    from tidemill.io.contexts import (
        InputContext as InputContext,
        OutputContext as OutputContext,
        build_input_context as build_input_context,
        build_output_context as build_output_context,
    )
    from tidemill.io.managers import (
        FilesystemIOManager as FilesystemIOManager,
        InMemoryIOManager as InMemoryIOManager,
        InputManager as InputManager,
        IOManager as IOManager,
        IOManagerDefinition as IOManagerDefinition,
        fs_io_manager as fs_io_manager,
        input_manager as input_manager,
        io_manager as io_manager,
        mem_io_manager as mem_io_manager,
    )
    from tidemill.planning.selection import (
        AssetSelection as AssetSelection,
    )
    from tidemill.testing.instances import (
        instance_for_test as instance_for_test,
    )
    from tidemill.work.context import (
        AssetCheckExecutionContext as AssetCheckExecutionContext,
        AssetExecutionContext as AssetExecutionContext,
    )
    from tidemill.work.logs import (
        get_dagster_logger as get_dagster_logger,
    )
