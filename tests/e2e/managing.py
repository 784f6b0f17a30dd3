"""Models that are managed by policies, schedules and alerts, as a guide to doing so has them, with other names.

Each block is what its reader would write; nothing in it is adapted to Tidemill.
"""

from __future__ import annotations

import os

from tidemill import (
    AssetSelection,
    AutoMaterializePolicy,
    FreshnessPolicy,
    Output,
    ScheduleDefinition,
    asset,
    define_asset_job,
    make_slack_on_run_failure_sensor,
)

WEEK = 7 * 24 * 60


# Retrain whenever the data changes, but not more than 60 times a minute.
@asset
def raw_stories(): ...


@asset(auto_materialize_policy=AutoMaterializePolicy.eager(max_materializations_per_minute=60))
def ranking_model(raw_stories): ...


# Retrain at least, and at most, once a week.
@asset
def raw_comments(): ...


@asset(
    auto_materialize_policy=AutoMaterializePolicy.lazy(),
    freshness_policy=FreshnessPolicy(maximum_lag_minutes=WEEK),
)
def comment_model(raw_comments): ...


# Retrain only because weekly forecasts need it, just before them.
@asset
def raw_votes(): ...


@asset(auto_materialize_policy=AutoMaterializePolicy.lazy())
def vote_model(raw_votes): ...


@asset(
    auto_materialize_policy=AutoMaterializePolicy.lazy(),
    freshness_policy=FreshnessPolicy(maximum_lag_minutes=WEEK),
)
def vote_forecasts(vote_model): ...


# Or on a schedule, every day at nine.
@asset(group_name="nightly")
def nightly_model(raw_votes): ...


nightly_job = define_asset_job("nightly_job", AssetSelection.groups("nightly"))
nightly_schedule = ScheduleDefinition(job=nightly_job, cron_schedule="0 9 * * *")


# Keep the new model only if it is better; otherwise give nothing, and what depends on it keeps the old one.
@asset
def accuracy_so_far():
    return 0.9


@asset
def better_model(accuracy_so_far):
    accuracy = float(os.getenv("TIDEMILL_TEST_ACCURACY", "0.5"))
    if accuracy > accuracy_so_far:
        yield Output("model", metadata={"accuracy": accuracy})


# A message when the job fails; the job is given by its name.
training_job = define_asset_job("training_job", selection=[better_model])
slack_on_run_failure = make_slack_on_run_failure_sensor(
    channel="#models", slack_token=os.getenv("NO_SUCH_SLACK_TOKEN"), monitored_jobs=(["training_job"])
)
