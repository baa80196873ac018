"""Claims across partitions and inheritance: DDL on a parent reaches all below it, so a claim does too."""

import pytest

from migrator.errors import TableClaimed
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.phases import drift as drifts
from migrator.phases.folder import Migration
from migrator.phases.plan_id import head_of
from migrator.state.store import Store
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.phases.scenes import CONTRACT, depends, held

TREES = {
    "partitions": (
        "CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE mid PARTITION OF parts FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (id)",
        "CREATE TABLE leaf PARTITION OF mid FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE sister PARTITION OF mid FOR VALUES FROM (10) TO (20)",
    ),
    "children": (
        "CREATE TABLE parts (id int)",
        "CREATE TABLE mid () INHERITS (parts)",
        "CREATE TABLE leaf () INHERITS (mid)",
        "CREATE TABLE sister () INHERITS (mid)",
    ),
}


@pytest.fixture
def tree(one_shop: Shop) -> Shop:
    return _with(one_shop, "partitions")


def _with(shop: Shop, kind: str) -> Shop:
    with connect(shop.dsn) as connection:
        for text in TREES[kind]:
            connection.execute(text.encode())
    return shop


def _work_on(shop: Shop, table: str) -> Migration:
    return shop.write(f"on_{table}", expand=f"COMMENT ON TABLE public.{table} IS 'x';")


@pytest.mark.parametrize(
    ("first", "second", "meeting"),
    [
        ("parts", "leaf", r"public\.leaf, a part of public\.parts, which on_parts \(expanded\) holds until"),
        ("leaf", "parts", r"public\.parts, of which on_leaf \(expanded\) holds the part public\.leaf until"),
        ("mid", "leaf", r"public\.leaf, a part of public\.mid, which on_mid \(expanded\) holds until"),
    ],
)
@pytest.mark.parametrize("kind", TREES)
def test_a_claim_holds_the_whole_tree_below(one_shop: Shop, kind: str, first: str, second: str, meeting: str) -> None:
    family = _with(one_shop, kind)
    engine = family.engine()
    holder, late = _work_on(family, first), _work_on(family, second)
    engine.expand(holder)
    with pytest.raises(TableClaimed, match=meeting):
        engine.expand(late)
    with connect(family.dsn) as connection:
        (way,) = head_of(connection, late, None).in_the_way
        assert (way.migration, str(way.table)) == (holder.id, f"public.{first}")
    engine.migrate(holder)
    assert engine.expand(late).after is State.EXPANDED


def test_sisters_are_free_and_descendants_share_what_they_build_on(tree: Shop) -> None:
    engine = tree.engine()
    engine.expand(_work_on(tree, "leaf"))
    assert engine.expand(_work_on(tree, "sister")).after is State.EXPANDED
    engine.migrate(tree.migration("on_leaf"))
    engine.migrate(tree.migration("on_sister"))
    first = tree.write("first", expand="ALTER TABLE public.parts ADD COLUMN more int;", manifest=CONTRACT)
    engine.expand(first)
    engine.migrate(first)
    again = "COMMENT ON TABLE public.leaf IS 'x';"
    assert engine.expand(tree.write("second", expand=again, manifest=depends("first"))).after is State.EXPANDED
    assert held(tree) == {"parts": "first", "leaf": "second"}


def test_a_part_that_came_after_the_claim_of_its_parent_is_held_too(tree: Shop) -> None:
    engine = tree.engine()
    engine.expand(tree.write("m", expand="ALTER TABLE public.parts ADD COLUMN more int;"))
    late = tree.write("late", expand="ALTER TABLE public.lone ADD COLUMN x int;")
    with connect(tree.dsn) as connection:
        connection.execute("CREATE TABLE lone (LIKE parts INCLUDING ALL)")
        connection.execute("ALTER TABLE parts ATTACH PARTITION lone FOR VALUES FROM (1000) TO (2000)")
    with pytest.raises(TableClaimed, match=r"public\.lone, a part of public\.parts"):
        engine.expand(late)


def test_what_a_migration_does_to_a_tree_is_no_drift(tree: Shop) -> None:
    with connect(tree.dsn) as connection:
        drifts.record(Store(connection, "dana"), "looked at it")
        migration = tree.write("m", expand="ALTER TABLE public.parts ADD COLUMN more int;")
        under_way: list[drifts.DriftReport] = []

        def look(event: Event) -> None:
            if event.kind is EventKind.STEP_DONE:
                under_way.append(drifts.drift(connection))

        tree.engine(look).expand(migration)
        assert [(report.differences, len(report.under_way)) for report in under_way] == [((), 4)]
        tree.engine().migrate(migration)
        assert drifts.drift(connection).differences == ()
