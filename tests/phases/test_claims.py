"""Several migrations open at once: each table has one of them, or several that build on each other."""

import threading

import pytest

from migrator.errors import InvalidTransition, ManifestError, TableClaimed
from migrator.events import Event, EventKind
from migrator.names import TableName
from migrator.pg.connection import connect
from migrator.pg.driver import Connection, errors
from migrator.phases import drift as drifts
from migrator.phases.claims import claimed_tables
from migrator.phases.folder import Migration
from migrator.phases.plan_id import head_of
from migrator.state import claims
from migrator.state.store import Store
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.phases.looking import scalar
from tests.phases.scenes import CONTRACT, NICK, with_every_phase

AGE = "ALTER TABLE public.users ADD COLUMN age int;"
NOTE = "ALTER TABLE public.orders ADD COLUMN note text;"


def _held(shop: Shop) -> dict[str, str]:
    """Return table -> the holders in the order of their chain."""
    with connect(shop.dsn) as connection:
        rows = connection.execute("SELECT migration, table_name, after FROM migrator.claim").fetchall()
    following = {(row["table_name"], row["after"]): row["migration"] for row in rows}
    chains: dict[str, str] = {}
    for table in {row["table_name"] for row in rows}:
        chain, last = list[str](), ""
        while (table, last) in following:
            last = following[table, last]
            chain.append(last)
        chains[table] = " ".join(chain)
        assert len(chain) == sum(row["table_name"] == table for row in rows), "the chain has all claims of the table"
    return chains


def _depends(*names: str) -> str:
    return f"[migration]\ndepends_on = {list(names)}\n"


def test_two_migrations_of_one_table(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    other = one_shop.write("other", expand=AGE)
    engine.expand(first)
    assert _held(one_shop) == {"users": "m", "orders": "m"}
    for run in (engine.expand, engine.expand):
        with pytest.raises(TableClaimed, match=r"other works on public.users, which m \(expanded\) holds") as caught:
            run(other)
        assert "depends_on" in caught.value.todo
    assert one_shop.state("other") == "pending"
    engine.migrate(first)
    with pytest.raises(TableClaimed, match=r"m \(migrated\)"):
        engine.expand(other)
    engine.contract(first)
    assert _held(one_shop) == {}
    assert engine.expand(other).after is State.EXPANDED


def test_out_of_order_where_tables_differ(one_shop: Shop) -> None:
    engine = one_shop.engine()
    engine.expand(one_shop.write("0002_late", expand=NICK))
    assert engine.expand(one_shop.write("0001_early", expand=NOTE)).after is State.EXPANDED
    assert _held(one_shop) == {"users": "0002_late", "orders": "0001_early"}


def test_an_abort_gives_the_tables_back_and_a_new_expand_takes_them_again(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    other = one_shop.write("other", expand=AGE, abort="ALTER TABLE public.users DROP COLUMN age;")
    engine.expand(first)
    engine.abort(first)
    engine.expand(other)
    with pytest.raises(TableClaimed, match=r"m works on public\.users, which other"):
        engine.expand(first)
    assert one_shop.state("m") == "aborted"
    engine.abort(other)
    assert engine.expand(first).after is State.EXPANDED


def test_those_that_build_on_each_other_share_a_table(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    one_shop.write("second", expand=AGE, manifest=_depends("m") + CONTRACT, contract="SELECT 1;")
    one_shop.write("third", expand="ALTER TABLE public.users ADD COLUMN t int;", manifest=_depends("second"))
    stranger = one_shop.write("stranger", expand="ALTER TABLE public.users ADD COLUMN s int;", manifest=_depends("m"))
    engine.expand(first)
    engine.migrate(first)
    engine.expand(one_shop.migration("second"))
    assert _held(one_shop)["users"] == "m second"
    with pytest.raises(TableClaimed, match=r"stranger works on public.users, which second"):
        engine.expand(stranger)
    engine.migrate(one_shop.migration("second"))
    engine.expand(one_shop.migration("third"))
    assert _held(one_shop)["users"] == "m second third"
    engine.contract(first)
    assert _held(one_shop) == {"users": "second third"}, "who stood behind moves up"
    with pytest.raises(TableClaimed):
        engine.expand(stranger)
    engine.migrate(one_shop.migration("third"))
    assert _held(one_shop) == {"users": "second"}


def test_an_abort_waits_for_those_that_build_on_it(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    second = one_shop.write(
        "second", expand=AGE, manifest=_depends("m"), abort="ALTER TABLE public.users DROP COLUMN age;"
    )
    engine.expand(first)
    engine.migrate(first)
    engine.expand(second)
    with pytest.raises(InvalidTransition, match=r"second \(expanded\) builds on m"):
        engine.abort(first)
    engine.abort(second)
    assert engine.abort(first).after is State.ABORTED


def test_a_contract_that_was_written_later_claims_what_it_touches(one_shop: Shop) -> None:
    engine = one_shop.engine()
    first = one_shop.write("m", expand=NICK, manifest=CONTRACT)
    engine.expand(first)
    engine.migrate(first)
    engine.expand(one_shop.write("other", expand=NOTE))
    one_shop.write("m", expand=NICK, manifest=CONTRACT, contract="ALTER TABLE public.orders DROP COLUMN amount;")
    with pytest.raises(TableClaimed, match=r"m works on public\.orders, which other"):
        engine.contract(one_shop.migration("m"))
    assert one_shop.state("m") == "ready"
    engine.migrate(one_shop.migration("other"))
    assert engine.contract(one_shop.migration("m")).after is State.COMPLETE


def test_a_second_chain_of_one_table_cannot_be_written(one_shop: Shop) -> None:
    """Whatever a tool or a hand does: the database holds one holder per table and place."""
    one_shop.engine().expand(one_shop.write("m", expand=NICK))
    with connect(one_shop.dsn) as connection:
        Store(connection, "test").open("other", {}, None)
        with pytest.raises(errors.UniqueViolation):
            connection.execute("INSERT INTO migrator.claim VALUES ('other', 'public', 'users', '')")


def test_of_many_at_once_one_gets_the_table(one_shop: Shop) -> None:
    won: list[str] = []
    lost: list[str] = []
    ready = threading.Barrier(4)

    def run(name: str) -> None:
        with connect(one_shop.dsn) as connection:
            store = Store(connection, name)
            store.open(name, {}, None)
            ready.wait(20)
            try:
                with connection.transaction():
                    store.claim(name, [TableName("public", "users"), TableName("public", f"own_{name}")], ())
                won.append(name)
            except TableClaimed:
                lost.append(name)

    threads = [threading.Thread(target=run, args=(f"m{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert _held(one_shop) == {"users": won[0], f"own_{won[0]}": won[0]}, "who lost holds nothing"


def test_claims_that_an_older_tool_left_behind(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), one_shop.write("m", expand=NICK)
    engine.expand(first)
    with connect(one_shop.dsn) as connection:  # as the version before ends a migration
        connection.execute("UPDATE migrator.migration SET state = 'complete', version = version + 1 WHERE id = 'm'")
    engine.expand(one_shop.write("other", expand=AGE))
    assert _held(one_shop) == {"users": "other"}


def test_a_migration_that_an_older_tool_began_goes_on(one_shop: Shop) -> None:
    engine, first = one_shop.engine(), with_every_phase(one_shop).migration("m")
    engine.expand(first)
    with connect(one_shop.dsn) as connection:
        connection.execute("DELETE FROM migrator.claim")
        connection.execute("DELETE FROM migrator.touched")
    engine.migrate(first)
    assert _held(one_shop) == {"users": "m", "orders": "m"}
    assert engine.contract(first).after is State.COMPLETE


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;", "orders"),
        ("ALTER TABLE orders ADD COLUMN a int REFERENCES public.users;", "orders"),
        ("CREATE TABLE a (id int, u int REFERENCES users, FOREIGN KEY (id) REFERENCES orders);", "a"),
        ("ALTER TABLE a ADD FOREIGN KEY (parent) REFERENCES a;", "a"),
        ("CREATE INDEX CONCURRENTLY i ON users (name);", "users"),
        ("CREATE TRIGGER t BEFORE INSERT ON users EXECUTE FUNCTION f();", "users"),
        ("ALTER TABLE a RENAME TO b;", "a b"),
        ("ALTER TABLE a ATTACH PARTITION b DEFAULT;", "a b"),
        ("DROP TABLE a, b;", "a b"),
        ("UPDATE a SET x = (SELECT 1 FROM b);", "a"),
        ("DO $$ BEGIN ALTER TABLE a ADD COLUMN x int; END $$;", "a"),
        ("SELECT 1 FROM a;", ""),
        ("CREATE VIEW v AS SELECT 1 FROM a;", ""),
        ("COMMENT ON TABLE a IS 'x'; GRANT SELECT ON a TO PUBLIC;", "a"),
    ],
)
def test_what_is_claimed(one_shop: Shop, sql: str, tables: str) -> None:
    found = claimed_tables(one_shop.write("m", expand=sql), 17)
    assert " ".join(table.name for table in found) == tables


def test_backfilled_tables_are_claimed(one_shop: Shop) -> None:
    backfill = "[[backfill]]\ntable = 'public.orders'\nset = { amount = '1' }\n"
    found = claimed_tables(one_shop.write("m", expand="SELECT 1;", manifest=backfill), 17)
    assert found == (TableName("public", "orders"),)


def test_names_that_stand_for_nothing_and_circles(one_shop: Shop) -> None:
    engine = one_shop.engine()
    lost = one_shop.write("lost", expand="SELECT 1;", manifest=_depends("nobody"))
    with pytest.raises(ManifestError, match="lost depends on nobody, which is neither in the folder nor"):
        engine.expand(lost)
    for name, on in (("a", "b"), ("b", "c"), ("c", "a")):
        one_shop.write(name, expand="SELECT 1;", manifest=_depends(on))
    with pytest.raises(ManifestError, match="in a circle: a → b → c → a"):
        engine.expand(one_shop.migration("a"))
    own = one_shop.write("own", expand="SELECT 1;", manifest=_depends("own"))
    with pytest.raises(ManifestError, match="own → own"):
        engine.expand(own)


def test_what_plan_says_is_in_the_way(one_shop: Shop) -> None:
    one_shop.engine().expand(one_shop.write("m", expand=NICK))
    with connect(one_shop.dsn) as connection:
        (found,) = claims.in_the_way(connection, "other", (), [TableName("public", "users")])
        assert (found.migration, found.state) == ("m", "expanded")
        assert claims.in_the_way(connection, "other", ("m",), [TableName("public", "users")]) == ()


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


@pytest.fixture(params=TREES)
def family(one_shop: Shop, request: pytest.FixtureRequest) -> Shop:
    with connect(one_shop.dsn) as connection:
        for text in TREES[request.param]:
            connection.execute(text.encode())
    return one_shop


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
def test_a_claim_holds_the_whole_tree_below(family: Shop, first: str, second: str, meeting: str) -> None:
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


def test_sisters_are_free_and_descendants_share_what_they_build_work_on(family: Shop) -> None:
    engine = family.engine()
    engine.expand(_work_on(family, "leaf"))
    assert engine.expand(_work_on(family, "sister")).after is State.EXPANDED
    engine.migrate(family.migration("on_leaf"))
    engine.migrate(family.migration("on_sister"))
    first = family.write("first", expand="ALTER TABLE public.parts ADD COLUMN more int;", manifest=CONTRACT)
    engine.expand(first)
    engine.migrate(first)
    again = "COMMENT ON TABLE public.leaf IS 'x';"
    assert engine.expand(family.write("second", expand=again, manifest=_depends("first"))).after is State.EXPANDED
    assert _held(family) == {"parts": "first", "leaf": "second"}


def test_a_part_that_came_after_the_claim_of_its_parent_is_held_too(family: Shop) -> None:
    engine = family.engine()
    engine.expand(family.write("m", expand="ALTER TABLE public.parts ADD COLUMN more int;"))
    late = family.write("late", expand="ALTER TABLE public.lone ADD COLUMN x int;")
    with connect(family.dsn) as connection:
        connection.execute("CREATE TABLE lone (LIKE parts INCLUDING ALL)")
        connection.execute("ALTER TABLE lone INHERIT parts" if _is_plain(connection) else _ATTACH)
    with pytest.raises(TableClaimed, match=r"public\.lone, a part of public\.parts"):
        engine.expand(late)


_ATTACH = "ALTER TABLE parts ATTACH PARTITION lone FOR VALUES FROM (1000) TO (2000)"


def _is_plain(connection: Connection) -> bool:
    return bool(scalar(connection, "SELECT relkind = 'r' FROM pg_class WHERE oid = 'parts'::regclass"))


def test_what_a_migration_does_to_a_tree_is_no_drift(family: Shop) -> None:
    with connect(family.dsn) as connection:
        drifts.record(Store(connection, "dana"), "looked at it")
        migration = family.write("m", expand="ALTER TABLE public.parts ADD COLUMN more int;")
        under_way: list[drifts.DriftReport] = []

        def look(event: Event) -> None:
            if event.kind is EventKind.STEP_DONE:
                under_way.append(drifts.drift(connection))

        family.engine(look).expand(migration)
        assert [(report.differences, len(report.under_way)) for report in under_way] == [((), 4)]
        family.engine().migrate(migration)
        assert drifts.drift(connection).differences == ()
