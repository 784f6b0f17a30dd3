"""One root and its children, in forked processes."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.peers import work

if __name__ == "__main__":
    top = work.root()
    with ProcessPoolExecutor(work.PROCESSES, mp_context=get_context("fork")) as pool:
        list(pool.map(work.child, [top] * work.CHILDREN))
