import dagster as dg

from .partitions import daily

ingest = dg.define_asset_job(
    "ingest",
    selection=dg.AssetSelection.assets("raw_orders", "weather", "clean_orders"),
    partitions_def=daily,
)
train_job = dg.define_asset_job(
    "train_job",
    selection=dg.AssetSelection.groups("ml"),
    tags={"team": "ml"},
    config=dg.RunConfig(ops={"model": {"config": {"alpha": 2.0}}}),
)
daily_ingest = dg.build_schedule_from_partitioned_job(ingest)
nightly = dg.ScheduleDefinition(job=train_job, cron_schedule="0 3 * * *", execution_timezone="Europe/Berlin")


@dg.schedule(job=train_job, cron_schedule="@weekly")
def weekly_training(context: dg.ScheduleEvaluationContext):
    day = context.scheduled_execution_time.strftime("%Y-%m-%d")
    if day.endswith("07"):
        return dg.SkipReason("a holiday")
    return dg.RunRequest(
        run_key=day, run_config={"ops": {"model": {"config": {"alpha": 3.0}}}}, tags={"day": day}
    )


@dg.sensor(job=train_job, minimum_interval_seconds=60)
def new_campaign(context: dg.SensorEvaluationContext):
    seen = int(context.cursor or 0)
    names = [f"campaign_{n}" for n in range(seen, 2)]
    context.update_cursor("2")
    if not names:
        yield dg.SkipReason("nothing new")
        return
    yield dg.RunRequest(run_key=names[0])


@dg.asset_sensor(asset_key=dg.AssetKey("score"), job=train_job)
def on_score(context: dg.SensorEvaluationContext, asset_event: dg.EventLogEntry):
    return dg.RunRequest(run_key=context.cursor)


@dg.run_failure_sensor(monitored_jobs=[train_job])
def on_failure(context: dg.RunFailureSensorContext):
    context.log.info(context.failure_event.message)
