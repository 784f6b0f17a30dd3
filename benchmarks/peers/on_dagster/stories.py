"""The guide's pipeline."""

from dagster import AssetOut, DagsterInstance, Definitions, asset, define_asset_job, materialize, multi_asset

from benchmarks.guide import OUTPUTS, pipeline
from benchmarks.peers.work import stories_file


def as_asset(function):
    names = OUTPUTS.get(function.__name__)
    return multi_asset(outs={name: AssetOut() for name in names})(function) if names else asset(function)


assets = [as_asset(function) for function in pipeline(stories_file())]
defs = Definitions(assets=assets, jobs=[define_asset_job("everything")])

if __name__ == "__main__":
    materialize(assets, instance=DagsterInstance.get())
