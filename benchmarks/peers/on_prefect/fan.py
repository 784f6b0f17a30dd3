"""One root and its children, in a pool of processes.

Results are stored under the task run's id: under a key of their inputs, as is the default, the children would
count as one that has been run already.
"""

from prefect import flow, task
from prefect.task_runners import ProcessPoolTaskRunner

from benchmarks.peers import work


@task(persist_result=True, result_storage_key="{task_run.id}")
def root():
    return work.root()


@task(persist_result=True, result_storage_key="{task_run.id}")
def child(value):
    return work.child(value)


@flow(task_runner=ProcessPoolTaskRunner(max_workers=work.PROCESSES))
def fan():
    top = root.submit()
    futures = [child.submit(top) for _ in range(work.CHILDREN)]
    return sum(future.result() for future in futures)


if __name__ == "__main__":
    fan()
