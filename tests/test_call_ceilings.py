"""
Ceilings of Python calls for a request, by the shapes of `bench/`: a change that adds calls fails here.

A change that saves calls lowers the ceilings in the same commit: `python bench/calls.py` prints the figures, and a
ceiling is the figure and 3 % more, as a busy machine resumes coroutines more often; `--functions 30` prints which
functions are called. A change that needs more calls raises the ceiling and says in its commit for what. Measured with
Python 3.11: later ones make fewer.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

#: Calls of a request, and of Q5 those of a row.
CEILINGS = {"Q1": 505, "Q2": 990, "Q3": 1390, "Q4": 352, "Q5": 0.47, "Q6": 74}
_ROWS = {"Q5": 5000}


@pytest.fixture(scope="module")
def calls() -> Mapping[str, float]:
    """Counted by a process of its own, for the checkout's gateway."""
    script = Path(__file__).parent.parent / "bench" / "calls.py"
    printed = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=120
    )
    return {shape: float(count) for shape, count in map(str.split, printed.stdout.splitlines())}


@pytest.mark.parametrize("shape", CEILINGS)
def test_a_request_makes_no_more_calls_than_it_did(calls: Mapping[str, float], shape: str) -> None:
    count = calls[shape] / _ROWS.get(shape, 1)
    assert count <= CEILINGS[shape], f"{shape}: {count:.1f} calls"
