"""Random numbers of a step: the same for the same seed, also in libraries that are imported later."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tidemill.work.seeding import RandomState, seed_all, seeded


@pytest.fixture(autouse=True)
def as_it_was():
    state = random.getstate(), np.random.get_state()
    finders = list(sys.meta_path)
    yield
    random.setstate(state[0])
    np.random.set_state(state[1])
    sys.meta_path[:] = finders


def drawn() -> tuple[float, float]:
    return random.random(), float(np.random.random())


def test_the_same_seed_gives_the_same_numbers() -> None:
    seed_all(5)
    first = drawn()
    seed_all(5)
    assert drawn() == first
    seed_all(6)
    assert drawn() != first


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1])
def test_any_seed_that_the_store_takes_is_taken(seed: int) -> None:
    seed_all(seed)
    first = drawn()
    seed_all(seed)
    assert drawn() == first


def test_a_block_leaves_the_state_as_it_was() -> None:
    random.seed(1)
    np.random.seed(1)
    expected = drawn()
    random.seed(1)
    np.random.seed(1)
    with pytest.raises(ValueError, match="in between"), seeded(7):  # noqa: PT012
        drawn()
        raise ValueError("in between")
    assert drawn() == expected


def test_a_state_is_put_back() -> None:
    state = RandomState.now()
    first = drawn()
    drawn()
    state.restore()
    assert drawn() == first


def test_seeding_again_and_again_leaves_one_finder() -> None:
    before = len(sys.meta_path)
    for seed in range(5):
        seed_all(seed)
    assert len(sys.meta_path) == before + 1
    RandomState.now().restore()
    assert len(sys.meta_path) == before


LATER = """
import sys
from tidemill.work.seeding import RandomState, seed_all, seeded
assert "numpy" not in sys.modules
state = RandomState.now()
numbers = []
for _ in range(2):
    seed_all(3)
    import numpy.random
    numbers.append(float(numpy.random.random()))
state.restore()
free = float(numpy.random.random())
print(*numbers, free)
"""


def test_what_is_imported_later_is_seeded_then_and_let_go_of_afterwards() -> None:
    def told() -> list[str]:
        done = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, check=True)
        return done.stdout.split()

    first, second = told(), told()
    assert len({*first[:2], *second[:2]}) == 1, "the same numbers, in this process and the next"
    assert first[2] != second[2], "and none that follow from the seed when it is over"


TORCH = """
import random
source = random.Random(0)
def manual_seed(seed): source.seed(seed)
def seed(): source.seed()
def get_rng_state(): return source.getstate()
def set_rng_state(state): source.setstate(state)
def rand(): return source.random()
"""


def test_torch_is_seeded_where_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the four functions of it that are used, because it is a large thing to install."""
    (tmp_path / "torch.py").write_text(TORCH)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    seed_all(4)
    import torch  # seeded as it is imported

    numbers = [torch.rand()]
    seed_all(4)
    numbers.append(torch.rand())
    state = RandomState.now()
    numbers.append(torch.rand())
    state.restore()
    assert numbers[0] == numbers[1]
    assert torch.rand() == numbers[2]
    monkeypatch.delitem(sys.modules, "torch")
