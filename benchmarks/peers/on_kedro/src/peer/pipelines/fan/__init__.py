"""One root and its children."""

from kedro.pipeline import Pipeline, node

from benchmarks.peers import work


def create_pipeline() -> Pipeline:
    children = [
        node(work.child, "root", f"child_{number}", name=f"child_{number}") for number in range(work.CHILDREN)
    ]
    return Pipeline([node(work.root, None, "root"), *children])
