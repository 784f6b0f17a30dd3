"""Random graphs as files of a user's: steps that keep a journal outside of the store; values made from inputs."""

from __future__ import annotations

import random
from pathlib import Path

HEAD = '''"""Made by the fault tests from seed {seed}."""
import hashlib, os, time
from tidemill import Definitions, asset, multiprocess_executor

JOURNAL = {journal!r}
SLEEPS = "FAULTS_WITHOUT_SLEEP" not in os.environ

def note(word, name):
    descriptor = os.open(JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{{word}} {{name}} {{os.getpid()}}\\n".encode())  # one write: all of it, or nothing
    os.close(descriptor)

def make(name, seconds, size, *inputs):
    note("begin", name)
    time.sleep(seconds if SLEEPS else 0)
    digest = hashlib.sha256(repr((name, *[value[:64] for value in inputs])).encode()).hexdigest()
    note("end", name)
    return (digest * (size // 64 + 1))[:size]
'''

STEP = """
@asset
def {name}({inputs}): return make({arguments})
"""

TAIL = """
defs = Definitions([{names}], executor=multiprocess_executor.configured({{"max_concurrent": {workers}}}))
"""


def write_graph(
    folder: Path, seed: int, *, steps: int = 60, workers: int = 2, longest: float = 0.04, size: int = 4_000
) -> Path:
    """Write `graph.py`.

    Args:
        folder: Where; the journal lies beside it.
        seed: Of the graph.
        steps: How many.
        workers: How many processes its runs use.
        longest: Seconds that a step takes at most.
        size: Characters of the largest values; half of them are small enough to lie in the database.
    """
    draw = random.Random(seed)
    parts = [HEAD.format(seed=seed, journal=str(folder / "journal"))]
    names = [f"s{number:03d}" for number in range(steps)]
    for number, name in enumerate(names):
        inputs = sorted(draw.sample(names[max(0, number - 12) : number], min(number, draw.randrange(4))))
        seconds, length = round(draw.uniform(0, longest), 4), draw.choice((64, size))
        arguments = ", ".join([repr(name), repr(seconds), repr(length), *inputs])
        parts.append(STEP.format(name=name, inputs=", ".join(inputs), arguments=arguments))
    parts.append(TAIL.format(names=", ".join(names), workers=workers))
    path = folder / "graph.py"
    path.write_text("".join(parts), encoding="utf-8")
    return path
