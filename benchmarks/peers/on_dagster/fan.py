"""One root and its children; fewer of them, because each step starts an interpreter."""

from dagster import Definitions, asset, define_asset_job, multiprocess_executor

from benchmarks.peers import work


@asset
def root():
    return work.root()


def child_of_root(number):
    @asset(name=f"child_{number}")
    def child(root):
        return work.child(root)

    return child


two_processes = multiprocess_executor.configured({"max_concurrent": work.PROCESSES})
defs = Definitions(
    assets=[root, *(child_of_root(number) for number in range(work.FEWER_CHILDREN))],
    jobs=[define_asset_job("everything", executor_def=two_processes)],
)
