"""Tidemill: an asset orchestrator for machine-learning pipelines.

The public names are served from the table below, each when it is first asked for, so that importing the package costs
next to nothing. `tidemill.compat.names` answers for every other name: an alias, or what to use instead.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for true; importing `typing` would cost more than all the rest

__all__ = [
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
    "DamagedArtifactError",
    "DataVersion",
    "Definitions",
    "EnvVar",
    "ErrorInfo",
    "EventLogEntry",
    "EventLogRecord",
    "EventRecordsFilter",
    "EventRecordsResult",
    "ExecuteInProcessResult",
    "ExecutionInterruptedError",
    "Failure",
    "FilesystemIOManager",
    "FloatMetadataValue",
    "IOManager",
    "IOManagerDefinition",
    "InMemoryIOManager",
    "InitResourceContext",
    "InputContext",
    "InputManager",
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
    "MarkdownMetadataValue",
    "MaterializeResult",
    "MetadataValue",
    "NotebookMetadataValue",
    "Nothing",
    "NullMetadataValue",
    "ObserveResult",
    "Output",
    "OutputContext",
    "PartitionKeyRange",
    "PartitionsDefinition",
    "PathMetadataValue",
    "PermissiveConfig",
    "PythonArtifactMetadataValue",
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
    "SourceAsset",
    "StaticPartitionsDefinition",
    "StepNotFoundError",
    "StepOutputNotFoundError",
    "StoreError",
    "StoreVersionError",
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
    "TimestampMetadataValue",
    "TypeCheckError",
    "UnknownPartitionError",
    "UnknownResourceError",
    "UnpicklableValueError",
    "UnsupportedNameError",
    "UrlMetadataValue",
    "UserCodeError",
    "UserCodeLoadError",
    "ValueNotStoredError",
    "__version__",
    "asset",
    "asset_check",
    "build_asset_check_context",
    "build_asset_context",
    "build_init_resource_context",
    "build_input_context",
    "build_output_context",
    "build_resources",
    "define_asset_job",
    "execute_job",
    "file_relative_path",
    "fs_io_manager",
    "get_dagster_logger",
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
    "materialize",
    "materialize_to_memory",
    "mem_io_manager",
    "multi_asset",
    "multi_asset_check",
    "resource",
]

EXPORTS = {
    "AssetCheckEvaluation": "tidemill.compat.events",
    "AssetCheckExecutionContext": "tidemill.execution.context",
    "AssetCheckFailedError": "tidemill.core.errors",
    "AssetCheckKey": "tidemill.core.keys",
    "AssetCheckResult": "tidemill.definitions.results",
    "AssetCheckSeverity": "tidemill.definitions.specs",
    "AssetCheckSpec": "tidemill.definitions.specs",
    "AssetChecksDefinition": "tidemill.definitions.assets",
    "AssetDep": "tidemill.definitions.specs",
    "AssetExecutionContext": "tidemill.execution.context",
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
    "DamagedArtifactError": "tidemill.core.errors",
    "DataVersion": "tidemill.definitions.results",
    "Definitions": "tidemill.compat.definitions",
    "EnvVar": "tidemill.definitions.env",
    "ErrorInfo": "tidemill.core.records",
    "EventLogEntry": "tidemill.compat.records",
    "EventLogRecord": "tidemill.compat.records",
    "EventRecordsFilter": "tidemill.compat.records",
    "EventRecordsResult": "tidemill.compat.records",
    "ExecuteInProcessResult": "tidemill.compat.result",
    "ExecutionInterruptedError": "tidemill.core.errors",
    "Failure": "tidemill.definitions.results",
    "FilesystemIOManager": "tidemill.io.managers",
    "FloatMetadataValue": "tidemill.core.metadata",
    "IOManager": "tidemill.io.managers",
    "IOManagerDefinition": "tidemill.io.managers",
    "InMemoryIOManager": "tidemill.io.managers",
    "InitResourceContext": "tidemill.definitions.resource_set",
    "InputContext": "tidemill.io.contexts",
    "InputManager": "tidemill.io.managers",
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
    "MarkdownMetadataValue": "tidemill.core.metadata",
    "MaterializeResult": "tidemill.definitions.results",
    "MetadataValue": "tidemill.core.metadata",
    "NotebookMetadataValue": "tidemill.core.metadata",
    "Nothing": "tidemill.definitions.specs",
    "NullMetadataValue": "tidemill.core.metadata",
    "ObserveResult": "tidemill.definitions.results",
    "Output": "tidemill.definitions.results",
    "OutputContext": "tidemill.io.contexts",
    "PartitionKeyRange": "tidemill.definitions.partitions",
    "PartitionsDefinition": "tidemill.definitions.partitions",
    "PathMetadataValue": "tidemill.core.metadata",
    "PermissiveConfig": "tidemill.definitions.config",
    "PythonArtifactMetadataValue": "tidemill.core.metadata",
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
    "SourceAsset": "tidemill.definitions.assets",
    "StaticPartitionsDefinition": "tidemill.definitions.partitions",
    "StepNotFoundError": "tidemill.core.errors",
    "StepOutputNotFoundError": "tidemill.core.errors",
    "StoreError": "tidemill.core.errors",
    "StoreVersionError": "tidemill.core.errors",
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
    "TimestampMetadataValue": "tidemill.core.metadata",
    "TypeCheckError": "tidemill.core.errors",
    "UnknownPartitionError": "tidemill.core.errors",
    "UnknownResourceError": "tidemill.core.errors",
    "UnpicklableValueError": "tidemill.core.errors",
    "UnsupportedNameError": "tidemill.core.errors",
    "UrlMetadataValue": "tidemill.core.metadata",
    "UserCodeError": "tidemill.core.errors",
    "UserCodeLoadError": "tidemill.core.errors",
    "ValueNotStoredError": "tidemill.core.errors",
    "__version__": "tidemill.core.version",
    "asset": "tidemill.definitions.decorators",
    "asset_check": "tidemill.definitions.decorators",
    "build_asset_check_context": "tidemill.compat.contexts",
    "build_asset_context": "tidemill.compat.contexts",
    "build_init_resource_context": "tidemill.definitions.resource_testing",
    "build_input_context": "tidemill.io.contexts",
    "build_output_context": "tidemill.io.contexts",
    "build_resources": "tidemill.definitions.resource_testing",
    "define_asset_job": "tidemill.definitions.jobs",
    "execute_job": "tidemill.compat.jobs",
    "file_relative_path": "tidemill.compat.files",
    "fs_io_manager": "tidemill.io.managers",
    "get_dagster_logger": "tidemill.execution.logs",
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
    "materialize": "tidemill.compat.materialize",
    "materialize_to_memory": "tidemill.compat.materialize",
    "mem_io_manager": "tidemill.io.managers",
    "multi_asset": "tidemill.definitions.decorators",
    "multi_asset_check": "tidemill.definitions.decorators",
    "resource": "tidemill.definitions.resource_functions",
}


def __getattr__(name: str) -> object:
    if name.startswith("__") and name not in EXPORTS:
        raise AttributeError(name)
    own = name if name in EXPORTS else import_module("tidemill.compat.names").find(name, EXPORTS)
    value: object = getattr(import_module(EXPORTS[own]), own)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


if TYPE_CHECKING:
    from tidemill.compat.contexts import (
        build_asset_check_context as build_asset_check_context,
    )
    from tidemill.compat.contexts import (
        build_asset_context as build_asset_context,
    )
    from tidemill.compat.definitions import (
        Definitions as Definitions,
    )
    from tidemill.compat.events import (
        AssetCheckEvaluation as AssetCheckEvaluation,
    )
    from tidemill.compat.events import (
        DagsterEvent as DagsterEvent,
    )
    from tidemill.compat.events import (
        DagsterEventType as DagsterEventType,
    )
    from tidemill.compat.files import (
        file_relative_path as file_relative_path,
    )
    from tidemill.compat.instance import (
        DagsterInstance as DagsterInstance,
    )
    from tidemill.compat.jobs import (
        JobDefinition as JobDefinition,
    )
    from tidemill.compat.jobs import (
        JobExecutionResult as JobExecutionResult,
    )
    from tidemill.compat.jobs import (
        execute_job as execute_job,
    )
    from tidemill.compat.materialize import (
        materialize as materialize,
    )
    from tidemill.compat.materialize import (
        materialize_to_memory as materialize_to_memory,
    )
    from tidemill.compat.records import (
        AssetRecord as AssetRecord,
    )
    from tidemill.compat.records import (
        EventLogEntry as EventLogEntry,
    )
    from tidemill.compat.records import (
        EventLogRecord as EventLogRecord,
    )
    from tidemill.compat.records import (
        EventRecordsFilter as EventRecordsFilter,
    )
    from tidemill.compat.records import (
        EventRecordsResult as EventRecordsResult,
    )
    from tidemill.compat.result import (
        ExecuteInProcessResult as ExecuteInProcessResult,
    )
    from tidemill.compat.runs import (
        DagsterRun as DagsterRun,
    )
    from tidemill.compat.runs import (
        DagsterRunStatus as DagsterRunStatus,
    )
    from tidemill.compat.runs import (
        RunRecord as RunRecord,
    )
    from tidemill.compat.runs import (
        RunsFilter as RunsFilter,
    )
    from tidemill.core.errors import (
        AssetCheckFailedError as AssetCheckFailedError,
    )
    from tidemill.core.errors import (
        CircularDependencyError as CircularDependencyError,
    )
    from tidemill.core.errors import (
        DamagedArtifactError as DamagedArtifactError,
    )
    from tidemill.core.errors import (
        ExecutionInterruptedError as ExecutionInterruptedError,
    )
    from tidemill.core.errors import (
        InvalidConfigError as InvalidConfigError,
    )
    from tidemill.core.errors import (
        InvalidDefinitionError as InvalidDefinitionError,
    )
    from tidemill.core.errors import (
        InvalidInvocationError as InvalidInvocationError,
    )
    from tidemill.core.errors import (
        InvalidMetadataError as InvalidMetadataError,
    )
    from tidemill.core.errors import (
        InvalidSubsetError as InvalidSubsetError,
    )
    from tidemill.core.errors import (
        InvariantViolationError as InvariantViolationError,
    )
    from tidemill.core.errors import (
        ResourceError as ResourceError,
    )
    from tidemill.core.errors import (
        RunNotFoundError as RunNotFoundError,
    )
    from tidemill.core.errors import (
        StepNotFoundError as StepNotFoundError,
    )
    from tidemill.core.errors import (
        StepOutputNotFoundError as StepOutputNotFoundError,
    )
    from tidemill.core.errors import (
        StoreError as StoreError,
    )
    from tidemill.core.errors import (
        StoreVersionError as StoreVersionError,
    )
    from tidemill.core.errors import (
        TidemillError as TidemillError,
    )
    from tidemill.core.errors import (
        TypeCheckError as TypeCheckError,
    )
    from tidemill.core.errors import (
        UnknownPartitionError as UnknownPartitionError,
    )
    from tidemill.core.errors import (
        UnknownResourceError as UnknownResourceError,
    )
    from tidemill.core.errors import (
        UnpicklableValueError as UnpicklableValueError,
    )
    from tidemill.core.errors import (
        UnsupportedNameError as UnsupportedNameError,
    )
    from tidemill.core.errors import (
        UserCodeError as UserCodeError,
    )
    from tidemill.core.errors import (
        UserCodeLoadError as UserCodeLoadError,
    )
    from tidemill.core.errors import (
        ValueNotStoredError as ValueNotStoredError,
    )
    from tidemill.core.keys import (
        AssetCheckKey as AssetCheckKey,
    )
    from tidemill.core.keys import (
        AssetKey as AssetKey,
    )
    from tidemill.core.metadata import (
        BoolMetadataValue as BoolMetadataValue,
    )
    from tidemill.core.metadata import (
        DagsterAssetMetadataValue as DagsterAssetMetadataValue,
    )
    from tidemill.core.metadata import (
        DagsterJobMetadataValue as DagsterJobMetadataValue,
    )
    from tidemill.core.metadata import (
        DagsterRunMetadataValue as DagsterRunMetadataValue,
    )
    from tidemill.core.metadata import (
        FloatMetadataValue as FloatMetadataValue,
    )
    from tidemill.core.metadata import (
        IntMetadataValue as IntMetadataValue,
    )
    from tidemill.core.metadata import (
        JsonMetadataValue as JsonMetadataValue,
    )
    from tidemill.core.metadata import (
        MarkdownMetadataValue as MarkdownMetadataValue,
    )
    from tidemill.core.metadata import (
        MetadataValue as MetadataValue,
    )
    from tidemill.core.metadata import (
        NotebookMetadataValue as NotebookMetadataValue,
    )
    from tidemill.core.metadata import (
        NullMetadataValue as NullMetadataValue,
    )
    from tidemill.core.metadata import (
        PathMetadataValue as PathMetadataValue,
    )
    from tidemill.core.metadata import (
        PythonArtifactMetadataValue as PythonArtifactMetadataValue,
    )
    from tidemill.core.metadata import (
        TableColumnLineageMetadataValue as TableColumnLineageMetadataValue,
    )
    from tidemill.core.metadata import (
        TableMetadataValue as TableMetadataValue,
    )
    from tidemill.core.metadata import (
        TableSchemaMetadataValue as TableSchemaMetadataValue,
    )
    from tidemill.core.metadata import (
        TextMetadataValue as TextMetadataValue,
    )
    from tidemill.core.metadata import (
        TimestampMetadataValue as TimestampMetadataValue,
    )
    from tidemill.core.metadata import (
        UrlMetadataValue as UrlMetadataValue,
    )
    from tidemill.core.records import (
        ErrorInfo as ErrorInfo,
    )
    from tidemill.core.tables import (
        TableColumn as TableColumn,
    )
    from tidemill.core.tables import (
        TableColumnConstraints as TableColumnConstraints,
    )
    from tidemill.core.tables import (
        TableColumnDep as TableColumnDep,
    )
    from tidemill.core.tables import (
        TableColumnLineage as TableColumnLineage,
    )
    from tidemill.core.tables import (
        TableConstraints as TableConstraints,
    )
    from tidemill.core.tables import (
        TableRecord as TableRecord,
    )
    from tidemill.core.tables import (
        TableSchema as TableSchema,
    )
    from tidemill.core.version import (
        __version__ as __version__,
    )
    from tidemill.definitions.assets import (
        AssetChecksDefinition as AssetChecksDefinition,
    )
    from tidemill.definitions.assets import (
        AssetsDefinition as AssetsDefinition,
    )
    from tidemill.definitions.assets import (
        SourceAsset as SourceAsset,
    )
    from tidemill.definitions.config import (
        Config as Config,
    )
    from tidemill.definitions.config import (
        PermissiveConfig as PermissiveConfig,
    )
    from tidemill.definitions.config import (
        RunConfig as RunConfig,
    )
    from tidemill.definitions.decorators import (
        asset as asset,
    )
    from tidemill.definitions.decorators import (
        asset_check as asset_check,
    )
    from tidemill.definitions.decorators import (
        multi_asset as multi_asset,
    )
    from tidemill.definitions.decorators import (
        multi_asset_check as multi_asset_check,
    )
    from tidemill.definitions.env import (
        EnvVar as EnvVar,
    )
    from tidemill.definitions.jobs import (
        define_asset_job as define_asset_job,
    )
    from tidemill.definitions.loading import (
        load_asset_checks_from_current_module as load_asset_checks_from_current_module,
    )
    from tidemill.definitions.loading import (
        load_asset_checks_from_modules as load_asset_checks_from_modules,
    )
    from tidemill.definitions.loading import (
        load_asset_checks_from_package_module as load_asset_checks_from_package_module,
    )
    from tidemill.definitions.loading import (
        load_asset_checks_from_package_name as load_asset_checks_from_package_name,
    )
    from tidemill.definitions.loading import (
        load_assets_from_current_module as load_assets_from_current_module,
    )
    from tidemill.definitions.loading import (
        load_assets_from_modules as load_assets_from_modules,
    )
    from tidemill.definitions.loading import (
        load_assets_from_package_module as load_assets_from_package_module,
    )
    from tidemill.definitions.loading import (
        load_assets_from_package_name as load_assets_from_package_name,
    )
    from tidemill.definitions.partitions import (
        PartitionKeyRange as PartitionKeyRange,
    )
    from tidemill.definitions.partitions import (
        PartitionsDefinition as PartitionsDefinition,
    )
    from tidemill.definitions.partitions import (
        StaticPartitionsDefinition as StaticPartitionsDefinition,
    )
    from tidemill.definitions.policies import (
        Backoff as Backoff,
    )
    from tidemill.definitions.policies import (
        Jitter as Jitter,
    )
    from tidemill.definitions.policies import (
        RetryPolicy as RetryPolicy,
    )
    from tidemill.definitions.resource_functions import (
        ResourceDefinition as ResourceDefinition,
    )
    from tidemill.definitions.resource_functions import (
        resource as resource,
    )
    from tidemill.definitions.resource_set import (
        InitResourceContext as InitResourceContext,
    )
    from tidemill.definitions.resource_testing import (
        build_init_resource_context as build_init_resource_context,
    )
    from tidemill.definitions.resource_testing import (
        build_resources as build_resources,
    )
    from tidemill.definitions.resources import (
        ConfigurableResource as ConfigurableResource,
    )
    from tidemill.definitions.resources import (
        ResourceDependency as ResourceDependency,
    )
    from tidemill.definitions.resources import (
        ResourceParam as ResourceParam,
    )
    from tidemill.definitions.results import (
        AssetCheckResult as AssetCheckResult,
    )
    from tidemill.definitions.results import (
        AssetMaterialization as AssetMaterialization,
    )
    from tidemill.definitions.results import (
        AssetObservation as AssetObservation,
    )
    from tidemill.definitions.results import (
        DataVersion as DataVersion,
    )
    from tidemill.definitions.results import (
        Failure as Failure,
    )
    from tidemill.definitions.results import (
        MaterializeResult as MaterializeResult,
    )
    from tidemill.definitions.results import (
        ObserveResult as ObserveResult,
    )
    from tidemill.definitions.results import (
        Output as Output,
    )
    from tidemill.definitions.results import (
        RetryRequested as RetryRequested,
    )
    from tidemill.definitions.specs import (
        AssetCheckSeverity as AssetCheckSeverity,
    )
    from tidemill.definitions.specs import (
        AssetCheckSpec as AssetCheckSpec,
    )
    from tidemill.definitions.specs import (
        AssetDep as AssetDep,
    )
    from tidemill.definitions.specs import (
        AssetIn as AssetIn,
    )
    from tidemill.definitions.specs import (
        AssetOut as AssetOut,
    )
    from tidemill.definitions.specs import (
        AssetSpec as AssetSpec,
    )
    from tidemill.definitions.specs import (
        Nothing as Nothing,
    )
    from tidemill.execution.context import (
        AssetCheckExecutionContext as AssetCheckExecutionContext,
    )
    from tidemill.execution.context import (
        AssetExecutionContext as AssetExecutionContext,
    )
    from tidemill.execution.logs import (
        get_dagster_logger as get_dagster_logger,
    )
    from tidemill.io.configurable import (
        ConfigurableIOManager as ConfigurableIOManager,
    )
    from tidemill.io.configurable import (
        ConfigurableIOManagerFactory as ConfigurableIOManagerFactory,
    )
    from tidemill.io.contexts import (
        InputContext as InputContext,
    )
    from tidemill.io.contexts import (
        OutputContext as OutputContext,
    )
    from tidemill.io.contexts import (
        build_input_context as build_input_context,
    )
    from tidemill.io.contexts import (
        build_output_context as build_output_context,
    )
    from tidemill.io.managers import (
        FilesystemIOManager as FilesystemIOManager,
    )
    from tidemill.io.managers import (
        InMemoryIOManager as InMemoryIOManager,
    )
    from tidemill.io.managers import (
        InputManager as InputManager,
    )
    from tidemill.io.managers import (
        IOManager as IOManager,
    )
    from tidemill.io.managers import (
        IOManagerDefinition as IOManagerDefinition,
    )
    from tidemill.io.managers import (
        fs_io_manager as fs_io_manager,
    )
    from tidemill.io.managers import (
        input_manager as input_manager,
    )
    from tidemill.io.managers import (
        io_manager as io_manager,
    )
    from tidemill.io.managers import (
        mem_io_manager as mem_io_manager,
    )
    from tidemill.planning.selection import (
        AssetSelection as AssetSelection,
    )
    from tidemill.testing.instances import (
        instance_for_test as instance_for_test,
    )
