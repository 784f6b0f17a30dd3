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
    "MAX_RUNTIME_SECONDS_TAG",
    "AddDynamicPartitionsRequest",
    "AllPartitionMapping",
    "AnchorBasedFilePathMapping",
    "Any",
    "AssetCheckEvaluation",
    "AssetCheckEvaluationTargetMaterializationData",
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
    "AssetOrCheckKey",
    "AssetOut",
    "AssetPartitionStatus",
    "AssetRecord",
    "AssetRecordsFilter",
    "AssetSelection",
    "AssetSensorDefinition",
    "AssetSpec",
    "AssetValueLoader",
    "AssetsDefinition",
    "AutoMaterializeAssetPartitionsFilter",
    "AutoMaterializePolicy",
    "AutoMaterializeRule",
    "AutomationCondition",
    "AutomationConditionSensorDefinition",
    "AutomationContext",
    "AutomationResult",
    "BackfillPolicy",
    "BackfillPolicyType",
    "BackfillResult",
    "Backoff",
    "BetaWarning",
    "Bool",
    "BoolMetadataValue",
    "CheckError",
    "CircularDependencyError",
    "CodeReferencesMetadataValue",
    "Config",
    "ConfigArgumentWarning",
    "ConfigurableIOManager",
    "ConfigurableIOManagerFactory",
    "ConfigurableLegacyIOManagerAdapter",
    "ConfigurableResource",
    "DagsterAssetCheckFailedError",
    "DagsterAssetMetadataValue",
    "DagsterConfigMappingFunctionError",
    "DagsterError",
    "DagsterEvent",
    "DagsterEventLogInvalidForRun",
    "DagsterEventType",
    "DagsterExecutionInterruptedError",
    "DagsterExecutionStepExecutionError",
    "DagsterExecutionStepNotFoundError",
    "DagsterInstance",
    "DagsterInvalidConfigDefinitionError",
    "DagsterInvalidConfigError",
    "DagsterInvalidDefinitionError",
    "DagsterInvalidInvocationError",
    "DagsterInvalidMetadata",
    "DagsterInvalidObservationError",
    "DagsterInvalidSubsetError",
    "DagsterInvariantViolationError",
    "DagsterJobMetadataValue",
    "DagsterLogManager",
    "DagsterResourceFunctionError",
    "DagsterRun",
    "DagsterRunMetadataValue",
    "DagsterRunNotFoundError",
    "DagsterRunStatus",
    "DagsterStepOutputNotFoundError",
    "DagsterSubprocessError",
    "DagsterType",
    "DagsterTypeCheckDidNotPass",
    "DagsterTypeCheckError",
    "DagsterUnknownPartitionError",
    "DagsterUnknownResourceError",
    "DagsterUnmetExecutorRequirementsError",
    "DagsterUserCodeExecutionError",
    "DailyPartitionsDefinition",
    "DamagedArtifactError",
    "DataProvenance",
    "DataVersion",
    "DataVersionsByPartition",
    "DefaultScheduleStatus",
    "DefaultSensorStatus",
    "Definitions",
    "DeleteDynamicPartitionsRequest",
    "Dict",
    "DimensionPartitionMapping",
    "DynamicOut",
    "DynamicOutput",
    "DynamicPartitionsDefinition",
    "EnvVar",
    "ErrorInfo",
    "EvaluateAutomationConditionsResult",
    "EventLogEntry",
    "EventLogRecord",
    "EventRecordsFilter",
    "EventRecordsResult",
    "ExecuteInProcessResult",
    "ExecutionInterruptedError",
    "ExecutorDefinition",
    "ExperimentalWarning",
    "Failure",
    "FilePathMapping",
    "FilesystemIOManager",
    "Float",
    "FloatMetadataValue",
    "FreshnessPolicy",
    "FreshnessPolicySensorContext",
    "FreshnessPolicySensorDefinition",
    "GraphDefinition",
    "GraphIn",
    "GraphOut",
    "HookContext",
    "HookDefinition",
    "HourlyPartitionsDefinition",
    "IOManager",
    "IOManagerDefinition",
    "IdentityPartitionMapping",
    "In",
    "InMemoryIOManager",
    "InitLoggerContext",
    "InitResourceContext",
    "InputContext",
    "InputManager",
    "InputManagerDefinition",
    "Instance",
    "Int",
    "IntMetadataValue",
    "InvalidConfigError",
    "InvalidDefinitionError",
    "InvalidInvocationError",
    "InvalidMetadataError",
    "InvalidObservationError",
    "InvalidSubsetError",
    "InvariantViolationError",
    "Jitter",
    "JobDefinition",
    "JobExecutionResult",
    "JsonLogFormatter",
    "JsonMetadataValue",
    "LastPartitionMapping",
    "LeaseLostError",
    "LegacyFreshnessPolicy",
    "List",
    "LocalFileCodeReference",
    "LoggerDefinition",
    "MarkdownMetadataValue",
    "MaterializeResult",
    "MetadataValue",
    "MonthlyPartitionsDefinition",
    "MultiAssetSensorDefinition",
    "MultiAssetSensorEvaluationContext",
    "MultiPartitionKey",
    "MultiPartitionMapping",
    "MultiPartitionsDefinition",
    "MultiToSingleDimensionPartitionMapping",
    "NotebookMetadataValue",
    "Nothing",
    "NullMetadataValue",
    "ObserveResult",
    "OpDefinition",
    "OpExecutionContext",
    "Optional",
    "Out",
    "Output",
    "OutputContext",
    "Partition",
    "PartitionKeyRange",
    "PartitionMapping",
    "PartitionedConfig",
    "PartitionsDefinition",
    "PathMetadataValue",
    "PermissiveConfig",
    "PipesClientCompletedInvocation",
    "PipesContextInjector",
    "PipesEnvContextInjector",
    "PipesFileContextInjector",
    "PipesFileMessageReader",
    "PipesMessageHandler",
    "PipesMessageReader",
    "PipesSession",
    "PipesSubprocessClient",
    "PipesTempFileContextInjector",
    "PipesTempFileMessageReader",
    "PoolMetadataValue",
    "PreviewWarning",
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
    "RunFailureSensorContext",
    "RunNotFoundError",
    "RunRecord",
    "RunRequest",
    "RunStatusChangeRecordsFilter",
    "RunStatusSensorContext",
    "RunStatusSensorDefinition",
    "RunsFilter",
    "ScheduleDefinition",
    "ScheduleEvaluationContext",
    "ScheduleType",
    "SensorDefinition",
    "SensorEvaluationContext",
    "SensorResult",
    "SerializableErrorInfo",
    "Set",
    "SkipReason",
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
    "SupersessionWarning",
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
    "UPathIOManager",
    "UnknownPartitionError",
    "UnknownResourceError",
    "UnmetExecutorRequirementsError",
    "UnpicklableValueError",
    "UnsupportedNameError",
    "UrlCodeReference",
    "UrlMetadataValue",
    "UserCodeError",
    "UserCodeLoadError",
    "ValueNotStoredError",
    "WeeklyPartitionsDefinition",
    "WorkerDiedError",
    "__version__",
    "apply_freshness_policy",
    "asset",
    "asset_check",
    "asset_sensor",
    "backfill",
    "build_asset_check_context",
    "build_asset_context",
    "build_column_schema_change_checks",
    "build_freshness_policy_sensor_context",
    "build_hook_context",
    "build_init_logger_context",
    "build_init_resource_context",
    "build_input_context",
    "build_last_update_freshness_checks",
    "build_metadata_bounds_checks",
    "build_multi_asset_sensor_context",
    "build_op_context",
    "build_output_context",
    "build_resources",
    "build_run_status_sensor_context",
    "build_schedule_context",
    "build_schedule_from_partitioned_job",
    "build_sensor_context",
    "build_sensor_for_freshness_checks",
    "build_time_partition_freshness_checks",
    "check_dagster_type",
    "colored_console_logger",
    "daily_partitioned_config",
    "default_loggers",
    "define_asset_job",
    "dynamic_partitioned_config",
    "evaluate_automation_conditions",
    "execute_job",
    "external_asset_from_spec",
    "external_assets_from_specs",
    "failure_hook",
    "file_relative_path",
    "freshness_policy_sensor",
    "fs_io_manager",
    "get_dagster_logger",
    "graph",
    "graph_asset",
    "graph_multi_asset",
    "hourly_partitioned_config",
    "in_process_executor",
    "input_manager",
    "instance_for_test",
    "io_manager",
    "job",
    "json_console_logger",
    "link_code_references_to_git",
    "load_asset_checks_from_current_module",
    "load_asset_checks_from_modules",
    "load_asset_checks_from_package_module",
    "load_asset_checks_from_package_name",
    "load_assets_from_current_module",
    "load_assets_from_modules",
    "load_assets_from_package_module",
    "load_assets_from_package_name",
    "load_definitions_from_current_module",
    "load_definitions_from_module",
    "load_definitions_from_modules",
    "load_definitions_from_package_module",
    "load_definitions_from_package_name",
    "load_defs",
    "load_from_defs_folder",
    "logger",
    "make_email_on_run_failure_sensor",
    "make_python_type_usable_as_dagster_type",
    "make_slack_on_run_failure_sensor",
    "make_values_resource",
    "map_asset_specs",
    "materialize",
    "materialize_to_memory",
    "mem_io_manager",
    "monthly_partitioned_config",
    "multi_asset",
    "multi_asset_check",
    "multi_asset_sensor",
    "multi_observable_source_asset",
    "multi_or_in_process_executor",
    "multiprocess_executor",
    "observable_source_asset",
    "observe",
    "op",
    "open_pipes_session",
    "partitioned_config",
    "reconstructable",
    "refresh",
    "repository",
    "resource",
    "run_failure_sensor",
    "run_status_sensor",
    "schedule",
    "sensor",
    "static_partitioned_config",
    "success_hook",
    "usable_as_dagster_type",
    "validate_run_config",
    "weekly_partitioned_config",
    "with_resources",
    "with_source_code_references",
]

EXPORTS = {
    "MAX_RUNTIME_SECONDS_TAG": "tidemill.core.tags",
    "AddDynamicPartitionsRequest": "tidemill.definitions.partitions.dynamic",
    "AllPartitionMapping": "tidemill.definitions.partitions.mappings",
    "AnchorBasedFilePathMapping": "tidemill.definitions.assets.code_references",
    "Any": "tidemill.definitions.types",
    "AssetCheckEvaluation": "tidemill.compat.evaluations",
    "AssetCheckEvaluationTargetMaterializationData": "tidemill.compat.evaluations",
    "AssetCheckExecutionContext": "tidemill.work.context",
    "AssetCheckFailedError": "tidemill.core.errors",
    "AssetCheckKey": "tidemill.core.keys",
    "AssetCheckResult": "tidemill.definitions.results",
    "AssetCheckSeverity": "tidemill.definitions.specs.checks",
    "AssetCheckSpec": "tidemill.definitions.specs.checks",
    "AssetChecksDefinition": "tidemill.definitions.assets.assets",
    "AssetDep": "tidemill.definitions.specs.assets",
    "AssetExecutionContext": "tidemill.work.context",
    "AssetIn": "tidemill.definitions.specs.ports",
    "AssetKey": "tidemill.core.keys",
    "AssetMaterialization": "tidemill.definitions.results",
    "AssetObservation": "tidemill.definitions.results",
    "AssetOrCheckKey": "tidemill.core.keys",
    "AssetOut": "tidemill.definitions.specs.ports",
    "AssetPartitionStatus": "tidemill.compat.standing",
    "AssetRecord": "tidemill.compat.records",
    "AssetRecordsFilter": "tidemill.compat.records",
    "AssetSelection": "tidemill.planning.selection",
    "AssetSensorDefinition": "tidemill.definitions.triggers.asset_sensors",
    "AssetSpec": "tidemill.definitions.specs.assets",
    "AssetValueLoader": "tidemill.compat.values",
    "AssetsDefinition": "tidemill.definitions.assets.assets",
    "AutoMaterializeAssetPartitionsFilter": "tidemill.definitions.conditions.auto_materialize",
    "AutoMaterializePolicy": "tidemill.definitions.conditions.auto_materialize",
    "AutoMaterializeRule": "tidemill.definitions.conditions.auto_materialize",
    "AutomationCondition": "tidemill.definitions.conditions.conditions",
    "AutomationConditionSensorDefinition": "tidemill.definitions.triggers.automation_sensors",
    "AutomationContext": "tidemill.automation.contexts",
    "AutomationResult": "tidemill.automation.contexts",
    "BackfillPolicy": "tidemill.definitions.policies",
    "BackfillPolicyType": "tidemill.definitions.policies",
    "BackfillResult": "tidemill.compat.backfills",
    "Backoff": "tidemill.definitions.policies",
    "BetaWarning": "tidemill.compat.warning_classes",
    "Bool": "tidemill.definitions.types",
    "BoolMetadataValue": "tidemill.core.metadata",
    "CircularDependencyError": "tidemill.core.errors",
    "CodeReferencesMetadataValue": "tidemill.core.metadata",
    "Config": "tidemill.definitions.config.config",
    "ConfigArgumentWarning": "tidemill.compat.warning_classes",
    "ConfigurableIOManager": "tidemill.io.configurable",
    "ConfigurableIOManagerFactory": "tidemill.io.configurable",
    "ConfigurableLegacyIOManagerAdapter": "tidemill.io.configurable",
    "ConfigurableResource": "tidemill.definitions.resources.resources",
    "DagsterAssetMetadataValue": "tidemill.core.metadata",
    "DagsterEvent": "tidemill.compat.events",
    "DagsterEventType": "tidemill.compat.events",
    "DagsterInstance": "tidemill.compat.instance",
    "DagsterJobMetadataValue": "tidemill.core.metadata",
    "DagsterLogManager": "tidemill.work.logs",
    "DagsterRun": "tidemill.compat.runs",
    "DagsterRunMetadataValue": "tidemill.core.metadata",
    "DagsterRunStatus": "tidemill.compat.runs",
    "DagsterType": "tidemill.definitions.types",
    "DailyPartitionsDefinition": "tidemill.definitions.partitions.calendar_windows",
    "DamagedArtifactError": "tidemill.core.errors",
    "DataProvenance": "tidemill.work.earlier",
    "DataVersion": "tidemill.definitions.results",
    "DataVersionsByPartition": "tidemill.definitions.results",
    "DefaultScheduleStatus": "tidemill.definitions.triggers.schedules",
    "DefaultSensorStatus": "tidemill.definitions.triggers.sensors",
    "Definitions": "tidemill.compat.definitions",
    "DeleteDynamicPartitionsRequest": "tidemill.definitions.partitions.dynamic",
    "Dict": "tidemill.definitions.types",
    "DimensionPartitionMapping": "tidemill.definitions.partitions.mappings",
    "DynamicOut": "tidemill.definitions.graphs.ops",
    "DynamicOutput": "tidemill.definitions.results",
    "DynamicPartitionsDefinition": "tidemill.definitions.partitions.dynamic",
    "EnvVar": "tidemill.definitions.config.env",
    "ErrorInfo": "tidemill.core.records",
    "EvaluateAutomationConditionsResult": "tidemill.compat.automation",
    "EventLogEntry": "tidemill.compat.records",
    "EventLogRecord": "tidemill.compat.records",
    "EventRecordsFilter": "tidemill.compat.records",
    "EventRecordsResult": "tidemill.compat.records",
    "ExecuteInProcessResult": "tidemill.compat.result",
    "ExecutionInterruptedError": "tidemill.core.errors",
    "ExecutorDefinition": "tidemill.definitions.executors",
    "ExperimentalWarning": "tidemill.compat.warning_classes",
    "Failure": "tidemill.definitions.results",
    "FilePathMapping": "tidemill.definitions.assets.code_references",
    "FilesystemIOManager": "tidemill.io.managers",
    "Float": "tidemill.definitions.types",
    "FloatMetadataValue": "tidemill.core.metadata",
    "FreshnessPolicy": "tidemill.definitions.conditions.freshness_policies",
    "FreshnessPolicySensorContext": "tidemill.compat.freshness_sensors",
    "FreshnessPolicySensorDefinition": "tidemill.compat.freshness_sensors",
    "GraphDefinition": "tidemill.compat.graphs",
    "GraphIn": "tidemill.definitions.graphs.graphs",
    "GraphOut": "tidemill.definitions.graphs.graphs",
    "HookContext": "tidemill.work.hooking",
    "HookDefinition": "tidemill.definitions.hooks",
    "HourlyPartitionsDefinition": "tidemill.definitions.partitions.calendar_windows",
    "IOManager": "tidemill.io.managers",
    "IOManagerDefinition": "tidemill.io.managers",
    "IdentityPartitionMapping": "tidemill.definitions.partitions.mappings",
    "In": "tidemill.definitions.graphs.ops",
    "InMemoryIOManager": "tidemill.io.managers",
    "InitLoggerContext": "tidemill.definitions.resources.loggers",
    "InitResourceContext": "tidemill.definitions.resources.resource_set",
    "InputContext": "tidemill.io.contexts",
    "InputManager": "tidemill.io.managers",
    "InputManagerDefinition": "tidemill.io.managers",
    "Int": "tidemill.definitions.types",
    "IntMetadataValue": "tidemill.core.metadata",
    "InvalidConfigError": "tidemill.core.errors",
    "InvalidDefinitionError": "tidemill.core.errors",
    "InvalidInvocationError": "tidemill.core.errors",
    "InvalidMetadataError": "tidemill.core.errors",
    "InvalidObservationError": "tidemill.core.errors",
    "InvalidSubsetError": "tidemill.core.errors",
    "InvariantViolationError": "tidemill.core.errors",
    "Jitter": "tidemill.definitions.policies",
    "JobDefinition": "tidemill.compat.jobs",
    "JobExecutionResult": "tidemill.compat.jobs",
    "JsonLogFormatter": "tidemill.definitions.resources.loggers",
    "JsonMetadataValue": "tidemill.core.metadata",
    "LastPartitionMapping": "tidemill.definitions.partitions.mappings",
    "LeaseLostError": "tidemill.core.errors",
    "List": "tidemill.definitions.types",
    "LocalFileCodeReference": "tidemill.core.references",
    "LoggerDefinition": "tidemill.definitions.resources.loggers",
    "MarkdownMetadataValue": "tidemill.core.metadata",
    "MaterializeResult": "tidemill.definitions.results",
    "MetadataValue": "tidemill.core.metadata",
    "MonthlyPartitionsDefinition": "tidemill.definitions.partitions.calendar_windows",
    "MultiAssetSensorDefinition": "tidemill.definitions.triggers.asset_sensors",
    "MultiAssetSensorEvaluationContext": "tidemill.compat.asset_watching",
    "MultiPartitionKey": "tidemill.definitions.partitions.multi",
    "MultiPartitionMapping": "tidemill.definitions.partitions.mappings",
    "MultiPartitionsDefinition": "tidemill.definitions.partitions.multi",
    "MultiToSingleDimensionPartitionMapping": "tidemill.definitions.partitions.mappings",
    "NotebookMetadataValue": "tidemill.core.metadata",
    "Nothing": "tidemill.definitions.specs.ports",
    "NullMetadataValue": "tidemill.core.metadata",
    "ObserveResult": "tidemill.definitions.results",
    "OpDefinition": "tidemill.compat.ops",
    "Optional": "tidemill.definitions.types",
    "Out": "tidemill.definitions.graphs.ops",
    "Output": "tidemill.definitions.results",
    "OutputContext": "tidemill.io.contexts",
    "Partition": "tidemill.definitions.partitions.configs",
    "PartitionKeyRange": "tidemill.definitions.partitions.partitions",
    "PartitionMapping": "tidemill.definitions.partitions.mappings",
    "PartitionedConfig": "tidemill.definitions.partitions.configs",
    "PartitionsDefinition": "tidemill.definitions.partitions.partitions",
    "PathMetadataValue": "tidemill.core.metadata",
    "PermissiveConfig": "tidemill.definitions.config.config",
    "PipesClientCompletedInvocation": "tidemill.work.pipes",
    "PipesContextInjector": "tidemill.work.pipes",
    "PipesEnvContextInjector": "tidemill.work.pipes",
    "PipesFileContextInjector": "tidemill.work.pipes",
    "PipesFileMessageReader": "tidemill.work.pipes",
    "PipesMessageHandler": "tidemill.work.pipes",
    "PipesMessageReader": "tidemill.work.pipes",
    "PipesSession": "tidemill.work.pipes",
    "PipesSubprocessClient": "tidemill.work.pipes",
    "PipesTempFileContextInjector": "tidemill.work.pipes",
    "PipesTempFileMessageReader": "tidemill.work.pipes",
    "PoolMetadataValue": "tidemill.core.metadata",
    "PreviewWarning": "tidemill.compat.warning_classes",
    "PythonArtifactMetadataValue": "tidemill.core.metadata",
    "PythonObjectDagsterType": "tidemill.definitions.types",
    "ReexecutionOptions": "tidemill.compat.reexecution",
    "ResourceDefinition": "tidemill.definitions.resources.functions",
    "ResourceDependency": "tidemill.definitions.resources.resources",
    "ResourceError": "tidemill.core.errors",
    "ResourceParam": "tidemill.definitions.resources.resources",
    "RetryPolicy": "tidemill.definitions.policies",
    "RetryRequested": "tidemill.definitions.results",
    "RunConfig": "tidemill.definitions.run_config",
    "RunFailureSensorContext": "tidemill.compat.run_status",
    "RunNotFoundError": "tidemill.core.errors",
    "RunRecord": "tidemill.compat.runs",
    "RunRequest": "tidemill.definitions.triggers.requests",
    "RunStatusChangeRecordsFilter": "tidemill.compat.records",
    "RunStatusSensorContext": "tidemill.compat.run_status",
    "RunStatusSensorDefinition": "tidemill.definitions.triggers.run_sensors",
    "RunsFilter": "tidemill.compat.runs",
    "ScheduleDefinition": "tidemill.definitions.triggers.schedules",
    "ScheduleEvaluationContext": "tidemill.compat.trigger_contexts",
    "ScheduleType": "tidemill.definitions.partitions.time_windows",
    "SensorDefinition": "tidemill.definitions.triggers.sensors",
    "SensorEvaluationContext": "tidemill.compat.trigger_contexts",
    "SensorResult": "tidemill.definitions.triggers.requests",
    "Set": "tidemill.definitions.types",
    "SkipReason": "tidemill.definitions.triggers.requests",
    "SourceAsset": "tidemill.definitions.assets.sources",
    "SpecificPartitionsPartitionMapping": "tidemill.definitions.partitions.mappings",
    "StaticPartitionMapping": "tidemill.definitions.partitions.mappings",
    "StaticPartitionsDefinition": "tidemill.definitions.partitions.partitions",
    "StepNotFoundError": "tidemill.core.errors",
    "StepOutputNotFoundError": "tidemill.core.errors",
    "StepTimeoutError": "tidemill.core.errors",
    "StoreError": "tidemill.core.errors",
    "StoreVersionError": "tidemill.core.errors",
    "String": "tidemill.definitions.types",
    "SupersessionWarning": "tidemill.compat.warning_classes",
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
    "TimeWindow": "tidemill.definitions.partitions.time_windows",
    "TimeWindowPartitionMapping": "tidemill.definitions.partitions.mappings",
    "TimeWindowPartitionsDefinition": "tidemill.definitions.partitions.time_windows",
    "TimestampMetadataValue": "tidemill.core.metadata",
    "Tuple": "tidemill.definitions.types",
    "TypeCheck": "tidemill.definitions.types",
    "TypeCheckContext": "tidemill.definitions.types",
    "TypeCheckError": "tidemill.core.errors",
    "UPathIOManager": "tidemill.io.paths",
    "UnknownPartitionError": "tidemill.core.errors",
    "UnknownResourceError": "tidemill.core.errors",
    "UnmetExecutorRequirementsError": "tidemill.core.errors",
    "UnpicklableValueError": "tidemill.core.errors",
    "UnsupportedNameError": "tidemill.core.errors",
    "UrlCodeReference": "tidemill.core.references",
    "UrlMetadataValue": "tidemill.core.metadata",
    "UserCodeError": "tidemill.core.errors",
    "UserCodeLoadError": "tidemill.core.errors",
    "ValueNotStoredError": "tidemill.core.errors",
    "WeeklyPartitionsDefinition": "tidemill.definitions.partitions.calendar_windows",
    "WorkerDiedError": "tidemill.core.errors",
    "__version__": "tidemill.core.version",
    "apply_freshness_policy": "tidemill.definitions.checks.freshness",
    "asset": "tidemill.definitions.assets.decorators",
    "asset_check": "tidemill.definitions.checks.decorators",
    "asset_sensor": "tidemill.definitions.triggers.asset_sensors",
    "backfill": "tidemill.compat.backfills",
    "build_asset_check_context": "tidemill.compat.contexts",
    "build_asset_context": "tidemill.compat.contexts",
    "build_column_schema_change_checks": "tidemill.definitions.checks.factories",
    "build_freshness_policy_sensor_context": "tidemill.compat.freshness_sensors",
    "build_hook_context": "tidemill.compat.contexts",
    "build_init_logger_context": "tidemill.definitions.resources.loggers",
    "build_init_resource_context": "tidemill.compat.resource_testing",
    "build_input_context": "tidemill.io.context_testing",
    "build_last_update_freshness_checks": "tidemill.definitions.checks.freshness",
    "build_metadata_bounds_checks": "tidemill.definitions.checks.factories",
    "build_multi_asset_sensor_context": "tidemill.compat.asset_watching",
    "build_op_context": "tidemill.compat.contexts",
    "build_output_context": "tidemill.io.context_testing",
    "build_resources": "tidemill.compat.resource_testing",
    "build_run_status_sensor_context": "tidemill.compat.run_status",
    "build_schedule_context": "tidemill.compat.trigger_contexts",
    "build_schedule_from_partitioned_job": "tidemill.definitions.triggers.partitioned_schedules",
    "build_sensor_context": "tidemill.compat.sensor_ticks",
    "build_sensor_for_freshness_checks": "tidemill.definitions.checks.freshness",
    "build_time_partition_freshness_checks": "tidemill.definitions.checks.freshness",
    "check_dagster_type": "tidemill.definitions.types",
    "colored_console_logger": "tidemill.definitions.resources.loggers",
    "daily_partitioned_config": "tidemill.definitions.partitions.configs",
    "default_loggers": "tidemill.definitions.resources.loggers",
    "define_asset_job": "tidemill.definitions.triggers.jobs",
    "dynamic_partitioned_config": "tidemill.definitions.partitions.configs",
    "evaluate_automation_conditions": "tidemill.compat.automation",
    "execute_job": "tidemill.compat.execute",
    "external_asset_from_spec": "tidemill.definitions.assets.spec_mapping",
    "external_assets_from_specs": "tidemill.definitions.assets.spec_mapping",
    "failure_hook": "tidemill.definitions.hooks",
    "file_relative_path": "tidemill.compat.files",
    "freshness_policy_sensor": "tidemill.compat.freshness_sensors",
    "fs_io_manager": "tidemill.io.managers",
    "get_dagster_logger": "tidemill.work.logs",
    "graph": "tidemill.compat.graphs",
    "graph_asset": "tidemill.definitions.assets.graph_assets",
    "graph_multi_asset": "tidemill.definitions.assets.graph_assets",
    "hourly_partitioned_config": "tidemill.definitions.partitions.configs",
    "in_process_executor": "tidemill.definitions.executors",
    "input_manager": "tidemill.io.managers",
    "instance_for_test": "tidemill.testing.instances",
    "io_manager": "tidemill.io.managers",
    "job": "tidemill.compat.graphs",
    "json_console_logger": "tidemill.definitions.resources.loggers",
    "link_code_references_to_git": "tidemill.definitions.assets.code_references",
    "load_asset_checks_from_current_module": "tidemill.definitions.loading",
    "load_asset_checks_from_modules": "tidemill.definitions.loading",
    "load_asset_checks_from_package_module": "tidemill.definitions.loading",
    "load_asset_checks_from_package_name": "tidemill.definitions.loading",
    "load_assets_from_current_module": "tidemill.definitions.loading",
    "load_assets_from_modules": "tidemill.definitions.loading",
    "load_assets_from_package_module": "tidemill.definitions.loading",
    "load_assets_from_package_name": "tidemill.definitions.loading",
    "load_definitions_from_current_module": "tidemill.compat.gathering",
    "load_definitions_from_module": "tidemill.compat.gathering",
    "load_definitions_from_modules": "tidemill.compat.gathering",
    "load_definitions_from_package_module": "tidemill.compat.gathering",
    "load_definitions_from_package_name": "tidemill.compat.gathering",
    "load_defs": "tidemill.compat.gathering",
    "load_from_defs_folder": "tidemill.compat.gathering",
    "logger": "tidemill.definitions.resources.loggers",
    "make_email_on_run_failure_sensor": "tidemill.compat.alerts",
    "make_python_type_usable_as_dagster_type": "tidemill.definitions.types",
    "make_slack_on_run_failure_sensor": "tidemill.slack",
    "make_values_resource": "tidemill.definitions.resources.functions",
    "map_asset_specs": "tidemill.definitions.assets.spec_mapping",
    "materialize": "tidemill.compat.materialize",
    "materialize_to_memory": "tidemill.compat.materialize",
    "mem_io_manager": "tidemill.io.managers",
    "monthly_partitioned_config": "tidemill.definitions.partitions.configs",
    "multi_asset": "tidemill.definitions.assets.decorators",
    "multi_asset_check": "tidemill.definitions.checks.decorators",
    "multi_asset_sensor": "tidemill.definitions.triggers.asset_sensors",
    "multi_observable_source_asset": "tidemill.definitions.assets.observing",
    "multi_or_in_process_executor": "tidemill.definitions.executors",
    "multiprocess_executor": "tidemill.definitions.executors",
    "observable_source_asset": "tidemill.definitions.assets.observing",
    "observe": "tidemill.compat.materialize",
    "op": "tidemill.compat.ops",
    "open_pipes_session": "tidemill.work.pipes",
    "partitioned_config": "tidemill.definitions.partitions.configs",
    "reconstructable": "tidemill.compat.reconstruct",
    "refresh": "tidemill.compat.refresh",
    "repository": "tidemill.compat.gathering",
    "resource": "tidemill.definitions.resources.functions",
    "run_failure_sensor": "tidemill.compat.run_status",
    "run_status_sensor": "tidemill.definitions.triggers.run_sensors",
    "schedule": "tidemill.definitions.triggers.schedules",
    "sensor": "tidemill.definitions.triggers.sensors",
    "static_partitioned_config": "tidemill.definitions.partitions.configs",
    "success_hook": "tidemill.definitions.hooks",
    "usable_as_dagster_type": "tidemill.definitions.types",
    "validate_run_config": "tidemill.compat.run_config",
    "weekly_partitioned_config": "tidemill.definitions.partitions.configs",
    "with_resources": "tidemill.definitions.resource_binding",
    "with_source_code_references": "tidemill.definitions.assets.code_references",
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
    from tidemill.automation.contexts import (
        AutomationContext as AutomationContext,
        AutomationResult as AutomationResult,
    )
    from tidemill.compat.alerts import (
        make_email_on_run_failure_sensor as make_email_on_run_failure_sensor,
    )
    from tidemill.compat.asset_watching import (
        MultiAssetSensorEvaluationContext as MultiAssetSensorEvaluationContext,
        build_multi_asset_sensor_context as build_multi_asset_sensor_context,
    )
    from tidemill.compat.automation import (
        EvaluateAutomationConditionsResult as EvaluateAutomationConditionsResult,
        evaluate_automation_conditions as evaluate_automation_conditions,
    )
    from tidemill.compat.backfills import (
        BackfillResult as BackfillResult,
        backfill as backfill,
    )
    from tidemill.compat.contexts import (
        build_asset_check_context as build_asset_check_context,
        build_asset_context as build_asset_context,
        build_hook_context as build_hook_context,
        build_op_context as build_op_context,
    )
    from tidemill.compat.definitions import (
        Definitions as Definitions,
    )
    from tidemill.compat.evaluations import (
        AssetCheckEvaluation as AssetCheckEvaluation,
        AssetCheckEvaluationTargetMaterializationData as AssetCheckEvaluationTargetMaterializationData,
    )
    from tidemill.compat.events import (
        DagsterEvent as DagsterEvent,
        DagsterEventType as DagsterEventType,
    )
    from tidemill.compat.execute import (
        execute_job as execute_job,
    )
    from tidemill.compat.files import (
        file_relative_path as file_relative_path,
    )
    from tidemill.compat.freshness_sensors import (
        FreshnessPolicySensorContext as FreshnessPolicySensorContext,
        FreshnessPolicySensorDefinition as FreshnessPolicySensorDefinition,
        build_freshness_policy_sensor_context as build_freshness_policy_sensor_context,
        freshness_policy_sensor as freshness_policy_sensor,
    )
    from tidemill.compat.gathering import (
        definitions as definitions,  # the package of that name, called as a decorator
        load_definitions_from_current_module as load_definitions_from_current_module,
        load_definitions_from_module as load_definitions_from_module,
        load_definitions_from_modules as load_definitions_from_modules,
        load_definitions_from_package_module as load_definitions_from_package_module,
        load_definitions_from_package_name as load_definitions_from_package_name,
        load_defs as load_defs,
        load_from_defs_folder as load_from_defs_folder,
        repository as repository,
    )
    from tidemill.compat.graphs import (
        GraphDefinition as GraphDefinition,
        graph as graph,
        job as job,
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
        observe as observe,
    )
    from tidemill.compat.ops import (
        OpDefinition as OpDefinition,
        op as op,
    )
    from tidemill.compat.reconstruct import (
        reconstructable as reconstructable,
    )
    from tidemill.compat.records import (
        AssetRecord as AssetRecord,
        AssetRecordsFilter as AssetRecordsFilter,
        EventLogEntry as EventLogEntry,
        EventLogRecord as EventLogRecord,
        EventRecordsFilter as EventRecordsFilter,
        EventRecordsResult as EventRecordsResult,
        RunStatusChangeRecordsFilter as RunStatusChangeRecordsFilter,
    )
    from tidemill.compat.reexecution import (
        ReexecutionOptions as ReexecutionOptions,
    )
    from tidemill.compat.refresh import (
        refresh as refresh,
    )
    from tidemill.compat.resource_testing import (
        build_init_resource_context as build_init_resource_context,
        build_resources as build_resources,
    )
    from tidemill.compat.result import (
        ExecuteInProcessResult as ExecuteInProcessResult,
    )
    from tidemill.compat.run_config import (
        validate_run_config as validate_run_config,
    )
    from tidemill.compat.run_status import (
        RunFailureSensorContext as RunFailureSensorContext,
        RunStatusSensorContext as RunStatusSensorContext,
        build_run_status_sensor_context as build_run_status_sensor_context,
        run_failure_sensor as run_failure_sensor,
    )
    from tidemill.compat.runs import (
        DagsterRun as DagsterRun,
        DagsterRunStatus as DagsterRunStatus,
        RunRecord as RunRecord,
        RunsFilter as RunsFilter,
    )
    from tidemill.compat.sensor_ticks import (
        build_sensor_context as build_sensor_context,
    )
    from tidemill.compat.standing import (
        AssetPartitionStatus as AssetPartitionStatus,
    )
    from tidemill.compat.trigger_contexts import (
        ScheduleEvaluationContext as ScheduleEvaluationContext,
        SensorEvaluationContext as SensorEvaluationContext,
        build_schedule_context as build_schedule_context,
    )
    from tidemill.compat.values import (
        AssetValueLoader as AssetValueLoader,
    )
    from tidemill.compat.warning_classes import (
        BetaWarning as BetaWarning,
        ConfigArgumentWarning as ConfigArgumentWarning,
        ExperimentalWarning as ExperimentalWarning,
        PreviewWarning as PreviewWarning,
        SupersessionWarning as SupersessionWarning,
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
        InvalidObservationError as InvalidObservationError,
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
        AssetOrCheckKey as AssetOrCheckKey,
    )
    from tidemill.core.metadata import (
        BoolMetadataValue as BoolMetadataValue,
        CodeReferencesMetadataValue as CodeReferencesMetadataValue,
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
        PoolMetadataValue as PoolMetadataValue,
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
    from tidemill.core.references import (
        LocalFileCodeReference as LocalFileCodeReference,
        UrlCodeReference as UrlCodeReference,
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
    from tidemill.core.tags import MAX_RUNTIME_SECONDS_TAG as MAX_RUNTIME_SECONDS_TAG
    from tidemill.core.version import (
        __version__ as __version__,
    )
    from tidemill.definitions.assets.assets import (
        AssetChecksDefinition as AssetChecksDefinition,
        AssetsDefinition as AssetsDefinition,
    )
    from tidemill.definitions.assets.code_references import (
        AnchorBasedFilePathMapping as AnchorBasedFilePathMapping,
        FilePathMapping as FilePathMapping,
        link_code_references_to_git as link_code_references_to_git,
        with_source_code_references as with_source_code_references,
    )
    from tidemill.definitions.assets.decorators import asset as asset, multi_asset as multi_asset
    from tidemill.definitions.assets.graph_assets import (
        graph_asset as graph_asset,
        graph_multi_asset as graph_multi_asset,
    )
    from tidemill.definitions.assets.observing import (
        multi_observable_source_asset as multi_observable_source_asset,
        observable_source_asset as observable_source_asset,
    )
    from tidemill.definitions.assets.sources import SourceAsset as SourceAsset
    from tidemill.definitions.assets.spec_mapping import (
        external_asset_from_spec as external_asset_from_spec,
        external_assets_from_specs as external_assets_from_specs,
        map_asset_specs as map_asset_specs,
    )
    from tidemill.definitions.checks.decorators import (
        asset_check as asset_check,
        multi_asset_check as multi_asset_check,
    )
    from tidemill.definitions.checks.factories import (
        build_column_schema_change_checks as build_column_schema_change_checks,
        build_metadata_bounds_checks as build_metadata_bounds_checks,
    )
    from tidemill.definitions.checks.freshness import (
        apply_freshness_policy as apply_freshness_policy,
        build_last_update_freshness_checks as build_last_update_freshness_checks,
        build_sensor_for_freshness_checks as build_sensor_for_freshness_checks,
        build_time_partition_freshness_checks as build_time_partition_freshness_checks,
    )
    from tidemill.definitions.conditions.auto_materialize import (
        AutoMaterializeAssetPartitionsFilter as AutoMaterializeAssetPartitionsFilter,
        AutoMaterializePolicy as AutoMaterializePolicy,
        AutoMaterializeRule as AutoMaterializeRule,
    )
    from tidemill.definitions.conditions.conditions import AutomationCondition as AutomationCondition
    from tidemill.definitions.conditions.freshness_policies import FreshnessPolicy as FreshnessPolicy
    from tidemill.definitions.config.config import Config as Config, PermissiveConfig as PermissiveConfig
    from tidemill.definitions.config.env import EnvVar as EnvVar
    from tidemill.definitions.executors import (
        ExecutorDefinition as ExecutorDefinition,
        in_process_executor as in_process_executor,
        multi_or_in_process_executor as multi_or_in_process_executor,
        multiprocess_executor as multiprocess_executor,
    )
    from tidemill.definitions.graphs.graphs import GraphIn as GraphIn, GraphOut as GraphOut
    from tidemill.definitions.graphs.ops import DynamicOut as DynamicOut, In as In, Out as Out
    from tidemill.definitions.hooks import (
        HookDefinition as HookDefinition,
        failure_hook as failure_hook,
        success_hook as success_hook,
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
    from tidemill.definitions.partitions.calendar_windows import (
        DailyPartitionsDefinition as DailyPartitionsDefinition,
        HourlyPartitionsDefinition as HourlyPartitionsDefinition,
        MonthlyPartitionsDefinition as MonthlyPartitionsDefinition,
        WeeklyPartitionsDefinition as WeeklyPartitionsDefinition,
    )
    from tidemill.definitions.partitions.configs import (
        Partition as Partition,
        PartitionedConfig as PartitionedConfig,
        daily_partitioned_config as daily_partitioned_config,
        dynamic_partitioned_config as dynamic_partitioned_config,
        hourly_partitioned_config as hourly_partitioned_config,
        monthly_partitioned_config as monthly_partitioned_config,
        partitioned_config as partitioned_config,
        static_partitioned_config as static_partitioned_config,
        weekly_partitioned_config as weekly_partitioned_config,
    )
    from tidemill.definitions.partitions.dynamic import (
        AddDynamicPartitionsRequest as AddDynamicPartitionsRequest,
        DeleteDynamicPartitionsRequest as DeleteDynamicPartitionsRequest,
        DynamicPartitionsDefinition as DynamicPartitionsDefinition,
    )
    from tidemill.definitions.partitions.mappings import (
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
    from tidemill.definitions.partitions.multi import (
        MultiPartitionKey as MultiPartitionKey,
        MultiPartitionsDefinition as MultiPartitionsDefinition,
    )
    from tidemill.definitions.partitions.partitions import (
        PartitionKeyRange as PartitionKeyRange,
        PartitionsDefinition as PartitionsDefinition,
        StaticPartitionsDefinition as StaticPartitionsDefinition,
    )
    from tidemill.definitions.partitions.time_windows import (
        ScheduleType as ScheduleType,
        TimeWindow as TimeWindow,
        TimeWindowPartitionsDefinition as TimeWindowPartitionsDefinition,
    )
    from tidemill.definitions.policies import (
        BackfillPolicy as BackfillPolicy,
        BackfillPolicyType as BackfillPolicyType,
        Backoff as Backoff,
        Jitter as Jitter,
        RetryPolicy as RetryPolicy,
    )
    from tidemill.definitions.resource_binding import with_resources as with_resources
    from tidemill.definitions.resources.functions import (
        ResourceDefinition as ResourceDefinition,
        make_values_resource as make_values_resource,
        resource as resource,
    )
    from tidemill.definitions.resources.loggers import (
        InitLoggerContext as InitLoggerContext,
        JsonLogFormatter as JsonLogFormatter,
        LoggerDefinition as LoggerDefinition,
        build_init_logger_context as build_init_logger_context,
        colored_console_logger as colored_console_logger,
        default_loggers as default_loggers,
        json_console_logger as json_console_logger,
        logger as logger,
    )
    from tidemill.definitions.resources.resource_set import InitResourceContext as InitResourceContext
    from tidemill.definitions.resources.resources import (
        ConfigurableResource as ConfigurableResource,
        ResourceDependency as ResourceDependency,
        ResourceParam as ResourceParam,
    )
    from tidemill.definitions.results import (
        AssetCheckResult as AssetCheckResult,
        AssetMaterialization as AssetMaterialization,
        AssetObservation as AssetObservation,
        DataVersion as DataVersion,
        DataVersionsByPartition as DataVersionsByPartition,
        DynamicOutput as DynamicOutput,
        Failure as Failure,
        MaterializeResult as MaterializeResult,
        ObserveResult as ObserveResult,
        Output as Output,
        RetryRequested as RetryRequested,
    )
    from tidemill.definitions.run_config import RunConfig as RunConfig
    from tidemill.definitions.specs.assets import (
        AssetDep as AssetDep,
        AssetSpec as AssetSpec,
    )
    from tidemill.definitions.specs.checks import (
        AssetCheckSeverity as AssetCheckSeverity,
        AssetCheckSpec as AssetCheckSpec,
    )
    from tidemill.definitions.specs.ports import AssetIn as AssetIn, AssetOut as AssetOut, Nothing as Nothing
    from tidemill.definitions.triggers.asset_sensors import (
        AssetSensorDefinition as AssetSensorDefinition,
        MultiAssetSensorDefinition as MultiAssetSensorDefinition,
        asset_sensor as asset_sensor,
        multi_asset_sensor as multi_asset_sensor,
    )
    from tidemill.definitions.triggers.automation_sensors import (
        AutomationConditionSensorDefinition as AutomationConditionSensorDefinition,
    )
    from tidemill.definitions.triggers.jobs import define_asset_job as define_asset_job
    from tidemill.definitions.triggers.partitioned_schedules import (
        build_schedule_from_partitioned_job as build_schedule_from_partitioned_job,
    )
    from tidemill.definitions.triggers.requests import (
        RunRequest as RunRequest,
        SensorResult as SensorResult,
        SkipReason as SkipReason,
    )
    from tidemill.definitions.triggers.run_sensors import (
        RunStatusSensorDefinition as RunStatusSensorDefinition,
        run_status_sensor as run_status_sensor,
    )
    from tidemill.definitions.triggers.schedules import (
        DefaultScheduleStatus as DefaultScheduleStatus,
        ScheduleDefinition as ScheduleDefinition,
        schedule as schedule,
    )
    from tidemill.definitions.triggers.sensors import (
        DefaultSensorStatus as DefaultSensorStatus,
        SensorDefinition as SensorDefinition,
        sensor as sensor,
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
        ConfigurableLegacyIOManagerAdapter as ConfigurableLegacyIOManagerAdapter,
    )
    from tidemill.io.context_testing import (
        build_input_context as build_input_context,
        build_output_context as build_output_context,
    )
    from tidemill.io.contexts import (
        InputContext as InputContext,
        OutputContext as OutputContext,
    )
    from tidemill.io.managers import (
        FilesystemIOManager as FilesystemIOManager,
        InMemoryIOManager as InMemoryIOManager,
        InputManager as InputManager,
        InputManagerDefinition as InputManagerDefinition,
        IOManager as IOManager,
        IOManagerDefinition as IOManagerDefinition,
        fs_io_manager as fs_io_manager,
        input_manager as input_manager,
        io_manager as io_manager,
        mem_io_manager as mem_io_manager,
    )
    from tidemill.io.paths import (
        UPathIOManager as UPathIOManager,
    )
    from tidemill.planning.selection import (
        AssetSelection as AssetSelection,
    )
    from tidemill.slack import (
        make_slack_on_run_failure_sensor as make_slack_on_run_failure_sensor,
    )
    from tidemill.testing.instances import (
        instance_for_test as instance_for_test,
    )
    from tidemill.work.context import (
        AssetCheckExecutionContext as AssetCheckExecutionContext,
        AssetExecutionContext as AssetExecutionContext,
    )
    from tidemill.work.earlier import (
        DataProvenance as DataProvenance,
    )
    from tidemill.work.hooking import (
        HookContext as HookContext,
    )
    from tidemill.work.logs import (
        DagsterLogManager as DagsterLogManager,
        get_dagster_logger as get_dagster_logger,
    )
    from tidemill.work.pipes import (
        PipesClientCompletedInvocation as PipesClientCompletedInvocation,
        PipesContextInjector as PipesContextInjector,
        PipesEnvContextInjector as PipesEnvContextInjector,
        PipesFileContextInjector as PipesFileContextInjector,
        PipesFileMessageReader as PipesFileMessageReader,
        PipesMessageHandler as PipesMessageHandler,
        PipesMessageReader as PipesMessageReader,
        PipesSession as PipesSession,
        PipesSubprocessClient as PipesSubprocessClient,
        PipesTempFileContextInjector as PipesTempFileContextInjector,
        PipesTempFileMessageReader as PipesTempFileMessageReader,
        open_pipes_session as open_pipes_session,
    )

    # Other spellings, of `compat/names.txt`: what runs asks that table, type checkers read these lines.
    CheckError = TidemillError
    DagsterAssetCheckFailedError = AssetCheckFailedError
    DagsterConfigMappingFunctionError = UserCodeError
    DagsterError = TidemillError
    DagsterEventLogInvalidForRun = InvariantViolationError
    DagsterExecutionInterruptedError = ExecutionInterruptedError
    DagsterExecutionStepExecutionError = UserCodeError
    DagsterExecutionStepNotFoundError = StepNotFoundError
    DagsterInvalidConfigDefinitionError = InvalidDefinitionError
    DagsterInvalidConfigError = InvalidConfigError
    DagsterInvalidDefinitionError = InvalidDefinitionError
    DagsterInvalidInvocationError = InvalidInvocationError
    DagsterInvalidMetadata = InvalidMetadataError
    DagsterInvalidObservationError = InvalidObservationError
    DagsterInvalidSubsetError = InvalidSubsetError
    DagsterInvariantViolationError = InvariantViolationError
    DagsterResourceFunctionError = ResourceError
    DagsterRunNotFoundError = RunNotFoundError
    DagsterStepOutputNotFoundError = StepOutputNotFoundError
    DagsterSubprocessError = UserCodeError
    DagsterTypeCheckDidNotPass = TypeCheckError
    DagsterTypeCheckError = TypeCheckError
    DagsterUnknownPartitionError = UnknownPartitionError
    DagsterUnknownResourceError = UnknownResourceError
    DagsterUnmetExecutorRequirementsError = UnmetExecutorRequirementsError
    DagsterUserCodeExecutionError = UserCodeError
    Instance = DagsterInstance
    LegacyFreshnessPolicy = FreshnessPolicy
    OpExecutionContext = AssetExecutionContext
    SerializableErrorInfo = ErrorInfo
