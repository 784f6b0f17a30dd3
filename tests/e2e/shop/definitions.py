from pathlib import Path

import dagster as dg
from dagster_duckdb_pandas import DuckDBPandasIOManager

from . import checks, jobs
from .assets import features, ml, raw, reports, staging
from .resources import Credentials, Mailer, ShopApi

credentials = Credentials(user="me", token="secret")

defs = dg.Definitions(
    assets=dg.load_assets_from_modules([raw, staging, features, ml, reports]),
    asset_checks=dg.load_asset_checks_from_modules([checks]),
    jobs=[jobs.ingest, jobs.train_job],
    schedules=[jobs.daily_ingest, jobs.nightly, jobs.weekly_training],
    sensors=[jobs.new_campaign, jobs.on_score, jobs.on_failure],
    resources={
        "shop": ShopApi(credentials=credentials, stores=4),
        "mailer": Mailer(),
        "threshold": dg.ResourceDefinition.hardcoded_resource(10.0),
        "warehouse": DuckDBPandasIOManager(
            database=str(Path(__file__).parent.parent / "shop.duckdb"), schema="tills"
        ),
    },
)
