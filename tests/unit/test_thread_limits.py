"""Limits of numeric libraries: what the user has set stays, and all processors is where they begin."""

from __future__ import annotations

import os

import pytest

from tidemill.executors.thread_limits import VARIABLES, ThreadLimits
from tidemill.executors.vitals import usable_cores


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")


def blas_threads() -> set[int]:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def test_variables_are_set_but_for_those_of_the_user() -> None:
    said = ThreadLimits().set(usable_cores())
    assert said == dict.fromkeys(set(VARIABLES) - {"OMP_NUM_THREADS"}, str(usable_cores()))
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert os.environ["OPENBLAS_NUM_THREADS"] == str(usable_cores())


def test_libraries_are_limited_and_let_go_again() -> None:
    before = blas_threads()
    limits = ThreadLimits()
    try:
        limits.set(1)
        assert blas_threads() == {1}
    finally:
        limits.set(usable_cores())
    assert blas_threads() == before


def test_nobody_is_told_what_they_do_anyway() -> None:
    limits = ThreadLimits()
    limits.set(usable_cores())
    assert limits._libraries is None
    assert limits.set(usable_cores()) == {}
