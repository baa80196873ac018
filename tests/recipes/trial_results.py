"""trials.toml: what the clients of the last recorded trials saw; docs/recipes.md shows it.

MIGRATOR_UPDATE_TRIALS=1 pytest tests/recipes/test_under_clients.py    write it anew
"""

import fcntl
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from tests.recipes.recipe_cases import CASES
from tests.recipes.trial import Score

FILE = Path(__file__).parent / "trials.toml"
_HEAD = (
    "# What clients saw while each case went through all phases and aborts. Written by the tests: trial_results.py.\n"
)


def store(test: str, case: str, server: int, score: Score) -> None:
    """Write the score of one test of a case, when that is asked for; other workers of the same run write theirs."""
    if not os.environ.get("MIGRATOR_UPDATE_TRIALS"):
        return
    with FILE.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        found = tomllib.loads(file.read())
        found.setdefault(case, {}).setdefault(f"pg{server}", {})[test] = asdict(score)
        file.truncate(0)
        file.write(_text(found))


def _text(found: Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]]) -> str:
    lines = [_HEAD]
    for case in sorted(found.keys() & CASES.keys()):
        for server, tests in sorted(found[case].items()):
            for test, score in sorted(tests.items()):
                values = ", ".join(f"{name} = {value}" for name, value in score.items())
                lines.append(f"{case}.{server}.{test} = {{ {values} }}\n")
    return "".join(lines)


def by_kind() -> Mapping[tuple[str, str], Score]:
    """Return (recipe kind, server) -> the sum over its cases and tests."""
    found: dict[tuple[str, str], Score] = {}
    for case, servers in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        for server, tests in servers.items():
            place = (CASES[case].arguments["kind"], server)
            found[place] = sum((Score(**score) for score in tests.values()), found.get(place, Score()))
    return found
