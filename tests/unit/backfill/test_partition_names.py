"""An expression that names its table, put to work on a partition."""

import pytest

from migrator.backfill.partition_names import on_partition
from migrator.errors import InputError
from migrator.names import TableName

TABLE, PARTITION = TableName("public", "items"), TableName("Old", "items 1")


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("items.v", '"Old"."items 1".v'),
        ("public.items.v + items.w -- why", '"Old"."items 1".v + "Old"."items 1".w'),
        ("to_jsonb(items)", 'to_jsonb("Old"."items 1".*)'),
        ("(items.address).street", '("Old"."items 1".address).street'),
        (
            "(SELECT max(x) FROM items o WHERE o.id = items.id)",
            '(SELECT max(x) FROM items o WHERE o.id = "Old"."items 1".id)',
        ),
    ],
)
def test_the_partition_takes_the_tables_place(text: str, moved: str) -> None:
    assert on_partition(text, TABLE, PARTITION, ["id", "v"]) == moved


@pytest.mark.parametrize(
    "text",
    [
        "v + w -- items.v",
        "'items.v'",
        "other.v",
        "old.items.v",
        "(SELECT max(items.x) FROM items)",
        "(SELECT max(items.x) FROM other AS items)",
        "items(1)",
    ],
)
def test_what_does_not_mean_the_row_stays(text: str) -> None:
    assert on_partition(text, TABLE, PARTITION, ["id", "v"]) == text


def test_a_column_called_like_the_table_is_a_column() -> None:
    assert on_partition("items || 'x'", TABLE, PARTITION, ["id", "items"]) == "items || 'x'"


def test_a_sub_select_that_would_catch_the_name_is_refused() -> None:
    partition = TableName("public", "items_1")
    with pytest.raises(InputError, match="would mean what a sub-select"):
        on_partition("(SELECT max(x) FROM items_1 WHERE id = items.id)", TABLE, partition, ["id"])
