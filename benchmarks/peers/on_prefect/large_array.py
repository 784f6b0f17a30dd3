"""A large array and two that sum it, in a pool of processes.

Results are stored under the task run's id: to hash the array for a key of its inputs would be most of the time.
"""

from prefect import flow, task
from prefect.task_runners import ProcessPoolTaskRunner

from benchmarks.peers import work


@task(persist_result=True, result_storage_key="{task_run.id}")
def large_array():
    return work.large_array()


@task(persist_result=True, result_storage_key="{task_run.id}")
def total(values):
    return work.total(values)


@task(persist_result=True, result_storage_key="{task_run.id}")
def same_total(values):
    return work.total(values)


@flow(task_runner=ProcessPoolTaskRunner(max_workers=work.PROCESSES))
def totals():
    values = large_array.submit()
    futures = [total.submit(values), same_total.submit(values)]
    return [future.result() for future in futures]


if __name__ == "__main__":
    totals()
