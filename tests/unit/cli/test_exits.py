"""Exit codes: each error of the tree has the one of its branch."""

import pytest

from migrator import errors
from migrator.cli.exits import BUG, MEANINGS, exit_code


def _all(branch: type[errors.MigratorError]) -> list[type[errors.MigratorError]]:
    return [branch, *(below for child in branch.__subclasses__() for below in _all(child))]


@pytest.mark.parametrize(
    ("branch", "code"),
    [(errors.InputError, 2), (errors.NotYet, 3), (errors.Refused, 4), (errors.DatabaseFailed, 5), (errors.Stopped, 75)],
)
def test_every_error_has_the_code_of_its_branch(branch: type[errors.MigratorError], code: int) -> None:
    assert {exit_code(error.__new__(error)) for error in _all(branch)} == {code}


def test_no_error_is_without_a_code() -> None:
    tree = [error for error in _all(errors.MigratorError) if error.__module__ == errors.__name__]
    own = [error for error in tree if error is not errors.MigratorError]
    assert own
    assert [error.__name__ for error in own if exit_code(error.__new__(error)) in {BUG, 0, 1}] == []
    assert {exit_code(error.__new__(error)) for error in own} < set(MEANINGS)
