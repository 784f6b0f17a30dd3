"""The guide's pipeline."""

import sys

from benchmarks.guide import OUTPUTS, pipeline
from benchmarks.peers.work import stories_file
from tidemill import AssetOut, DagsterInstance, Definitions, asset, materialize, multi_asset


def as_asset(function):
    names = OUTPUTS.get(function.__name__)
    return multi_asset(outs={name: AssetOut() for name in names})(function) if names else asset(function)


assets = [as_asset(function) for function in pipeline(stories_file())]
defs = Definitions(assets=assets)

if __name__ == "__main__":
    materialize(assets, instance=DagsterInstance.local_temp(sys.argv[1]))
