"""One order for files and folders of any tool, with numbers compared as numbers."""

from itertools import pairwise

import pytest

from migrator.schema.order import is_repeatable, order_key

ORDER = (
    "V1__a.sql",
    "V1.1__b.sql",
    "V1_2__c.sql",
    "V2__b.sql",
    "0002.b.sql",
    "0002_b.sql",
    "0003_folder",
    "V10__j.sql",
    "20260901_users",
    "20260901_users_2",
    "20260901_users_10",
    "V20260902__x.sql",
    "a.sql",
    "nick.sql",
    "R__a.sql",
    "R__v.sql",
)


@pytest.mark.parametrize(("first", "second"), [*pairwise(ORDER)])
def test_neighbours(first: str, second: str) -> None:
    assert order_key(first) < order_key(second)


def test_the_whole() -> None:
    assert tuple(sorted(set(ORDER), key=order_key)) == ORDER


def test_repeatables() -> None:
    assert is_repeatable("R__v.sql")
    assert not is_repeatable("R__notes.md")
    assert not is_repeatable("V1__R__x.sql")
