"""One root and its children."""

from benchmarks.peers import work
from tidemill import Definitions, asset


@asset
def root():
    return work.root()


def child_of_root(number):
    @asset(name=f"child_{number}")
    def child(root):
        return work.child(root)

    return child


defs = Definitions(assets=[root, *(child_of_root(number) for number in range(work.CHILDREN))])
