"""The public names, for type checkers and editors. At run time `__init__.py` serves them from its table."""

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

EXPORTS: dict[str, str]
TYPE_CHECKING: bool
