"""`expand --all`, plain SQL files, folders without a manifest, and repeatable files."""

from datetime import timedelta
from pathlib import Path

import pytest

from migrator.errors import (
    CatalogConflict,
    DatabaseFailed,
    GateClosed,
    LockBudgetSpent,
    ManifestError,
    Refused,
    Stopped,
)
from migrator.pg.connection import connect
from migrator.phases.folder import load_migration, migration_id, migration_paths
from migrator.phases.pending import Expanded, expand_all, would_run
from migrator.state.store import Store
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.phases.looking import scalar
from tests.phases.scenes import idle_in_transaction


def _put(shop: Shop, **files: str) -> None:
    """Write plain files: `V1__a="…"` becomes V1__a.sql."""
    for name, text in files.items():
        (shop.migrations / f"{name}.sql").write_text(text)


def _all(shop: Shop) -> Expanded:
    return expand_all(shop.engine(), shop.migrations, lambda _: None)


def _states(shop: Shop) -> dict[str, str]:
    with connect(shop.dsn) as connection:
        return {record.id: record.state.value for record in Store(connection, "test").migrations()}


def _tables(shop: Shop) -> set[str]:
    with connect(shop.dsn) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows} - {"users", "orders"}


def test_a_folder_that_came_from_another_tool(one_shop: Shop) -> None:
    """In the order of the numbers, each its own migration that ends at once; undo files and repeatables are neither."""
    _put(
        one_shop,
        V1__base="CREATE TABLE public.a (id int PRIMARY KEY);",
        V2__next="SET lock_timeout = '5s'; ALTER TABLE public.a ADD COLUMN b int;",
        V10__last="BEGIN; ALTER TABLE public.a ADD COLUMN c int; ALTER TABLE public.a ADD COLUMN d int; COMMIT;",
        **{"V1.1__between": "CREATE TABLE public.between (id int);"},
        U10__last="ALTER TABLE public.a DROP COLUMN c;",
        R__view="CREATE OR REPLACE VIEW public.v AS SELECT id, c FROM public.a;",
    )
    done = _all(one_shop)
    assert [outcome.migration for outcome in done.migrations] == ["V1__base", "V1.1__between", "V2__next", "V10__last"]
    assert {outcome.after for outcome in done.migrations} == {State.COMPLETE}
    assert [(item.name, item.why) for item in done.repeatables] == [("R__view", "new")]
    assert _all(one_shop) == Expanded((), ())
    with connect(one_shop.dsn) as connection:
        steps = [(step.number, step.state) for step in Store(connection, "test").all_steps("V10__last")]
        assert steps == [(1, "done")]
        assert scalar(connection, "SELECT count(*) FROM migrator.claim") == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0001_a", "-- migrate:up\nCREATE TABLE public.a (id int);\n-- migrate:down\nDROP TABLE public.a;\n"),
        ("0001_a", "-- +goose Up\nCREATE TABLE public.a (id int);\n-- +goose Down\nDROP TABLE public.a;\n"),
        ("0001_a.up", "CREATE TABLE public.a (id int);"),
        ("nick", "CREATE TABLE public.a (id int);"),
    ],
)
def test_only_the_way_forward_of_a_file_runs(one_shop: Shop, name: str, text: str) -> None:
    _put(one_shop, **{name: text, "0001_a.down": "DROP TABLE public.a;", "0001_a.rollback": "DROP TABLE public.a;"})
    (outcome,) = _all(one_shop).migrations
    assert outcome.migration == name.removesuffix(".up")
    assert _tables(one_shop) == {"a"}


def test_a_folder_with_nothing_but_sql_ends_with_its_expand(one_shop: Shop) -> None:
    folder = one_shop.migrations / "0001_a"
    folder.mkdir()
    (folder / "expand.sql").write_text("CREATE TABLE public.a (id int);")
    assert one_shop.engine().expand(load_migration(folder)).after is State.COMPLETE
    assert one_shop.engine().expand(load_migration(folder)).before is State.COMPLETE


def test_an_interrupted_end_of_a_single_phase(one_shop: Shop) -> None:
    _put(one_shop, a="CREATE TABLE public.a (id int);")
    migration = load_migration(one_shop.migrations / "a.sql")

    def end(event: object) -> None:
        if getattr(event, "data", {}).get("target") == "expanded":
            raise Stopped("the test ends it here")

    for run in ("expand", "resume"):
        with connect(one_shop.dsn) as connection:
            connection.execute("DROP TABLE IF EXISTS public.a")
            for table in ("step", "file", "claim", "touched", "migration"):
                connection.execute(f"DELETE FROM migrator.{table}".encode())
        with pytest.raises(Stopped):
            one_shop.engine(end).expand(migration)
        assert one_shop.state("a") == "expanded"
        assert getattr(one_shop.engine(), run)(migration).after is State.COMPLETE


def test_it_stops_at_the_first_failure_and_goes_on_there(one_shop: Shop) -> None:
    _put(
        one_shop, V1__a="CREATE TABLE public.a (id int);", V2__b="SELECT 1/0;", V3__c="CREATE TABLE public.c (id int);"
    )
    with pytest.raises(DatabaseFailed, match="division by zero") as caught:
        _all(one_shop)
    assert caught.value.todo.endswith("Done before it: V1__a. Not done: V2__b, V3__c.")
    assert (caught.value.details["done"], caught.value.details["left"]) == (["V1__a"], ["V2__b", "V3__c"])
    assert _states(one_shop) == {"V1__a": "complete", "V2__b": "expanding"}
    with connect(one_shop.dsn) as connection:
        was = scalar(connection, "SELECT sha256 FROM migrator.file WHERE name = 'expand.sql' AND migration = 'V2__b'")
    _put(one_shop, V2__b="SELECT 1;")
    migration = load_migration(one_shop.migrations / "V2__b.sql")
    one_shop.engine().repair(migration, "corrected, reviewed in ABC-1")
    assert migration.files["expand"].sha256 != was
    assert [outcome.migration for outcome in _all(one_shop).migrations] == ["V2__b", "V3__c"]
    assert _tables(one_shop) == {"a", "c"}


def test_a_plain_file_that_did_nothing_can_be_given_up(one_shop: Shop) -> None:
    """Otherwise its claims would stay; what did something needs a way back, which a plain file cannot have."""
    _put(one_shop, a="ALTER TABLE public.users ADD COLUMN x nonsense;", b="CREATE TABLE public.b (id int); SELECT 1/0;")
    engine = one_shop.engine()
    for name in ("a", "b"):
        with pytest.raises(DatabaseFailed):
            engine.expand(load_migration(one_shop.migrations / f"{name}.sql"))
    assert engine.abort(load_migration(one_shop.migrations / "a.sql")).after is State.ABORTED
    with pytest.raises(Refused, match=r"b has no abort\.sql.*make it a folder b with"):
        engine.abort(load_migration(one_shop.migrations / "b.sql"))
    (one_shop.migrations / "b.sql").unlink()
    text = "CREATE TABLE public.b (id int); SELECT 1/0;"
    folder = one_shop.write("b", expand=text, abort="DROP TABLE public.b;")
    assert engine.abort(folder).after is State.ABORTED
    assert _tables(one_shop) == set()


def test_nothing_runs_when_a_file_cannot_be_read(one_shop: Shop) -> None:
    for broken in ({"V2__b": "SELEC 1;"}, {"R__v": "CREATE VEW v;"}, {"beforeMigrate": "SELECT 1;"}, {"B1__x": ""}):
        _put(one_shop, V1__a="CREATE TABLE public.a (id int);", **broken)
        with pytest.raises(ManifestError):
            _all(one_shop)
        assert _states(one_shop) == {}
        for name in broken:
            (one_shop.migrations / f"{name}.sql").unlink()


def test_dependencies_come_first_then_names(one_shop: Shop) -> None:
    _put(
        one_shop,
        a="-- depends: z\nALTER TABLE public.z ADD COLUMN a int;",
        b="CREATE TABLE public.b (id int);",
        z="CREATE TABLE public.z (id int);",
    )
    ahead, files = would_run(one_shop.dsn, one_shop.migrations)
    assert ([item.name for item in ahead], files) == (["z", "a", "b"], ())
    assert [outcome.migration for outcome in _all(one_shop).migrations] == ["z", "a", "b"]


def test_an_unknown_dependency_or_a_circle_runs_nothing(one_shop: Shop) -> None:
    _put(one_shop, a="SELECT 1;", b="-- depends: nobody\nSELECT 1;")
    with pytest.raises(ManifestError, match="b depends on nobody"):
        _all(one_shop)
    _put(one_shop, b="-- depends: c\nSELECT 1;", c="-- depends: b\nSELECT 1;")
    with pytest.raises(ManifestError, match="b → c → b"):
        _all(one_shop)
    assert _states(one_shop) == {}


def test_one_that_waits_for_a_deploy_stops_those_that_build_on_it(one_shop: Shop) -> None:
    one_shop.write("m1", expand="ALTER TABLE public.users ADD COLUMN x int;")
    one_shop.write("m2", expand="SELECT 1;", manifest="[migration]\ndepends_on = ['m1']")
    with pytest.raises(GateClosed, match=r"m2 depends on m1 \(expanded\)"):
        _all(one_shop)
    one_shop.engine().migrate(one_shop.migration("m1"))
    assert [outcome.migration for outcome in _all(one_shop).migrations] == ["m2"]


def test_aborted_ones_were_given_up(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand="SELECT 1;", abort="SELECT 1;")
    one_shop.engine().expand(migration)
    one_shop.engine().abort(migration)
    assert _all(one_shop) == Expanded((), ())


def test_repeatables_run_when_they_change_and_only_then(one_shop: Shop) -> None:
    _put(one_shop, R__b="CREATE OR REPLACE VIEW public.b AS SELECT x FROM public.a;")
    _put(one_shop, R__a="CREATE OR REPLACE VIEW public.a AS SELECT 1 AS x;", R__empty="-- nothing yet")
    assert [item.name for item in _all(one_shop).repeatables] == ["R__a", "R__b", "R__empty"]
    _put(one_shop, R__b="CREATE OR REPLACE VIEW public.b AS SELECT x, 2 AS y FROM public.a;")
    assert [(item.name, item.why) for item in _all(one_shop).repeatables] == [("R__b", "changed")]
    with connect(one_shop.dsn) as connection:
        assert scalar(connection, "SELECT y FROM b") == 2
        assert scalar(connection, "SELECT runs FROM migrator.repeatable WHERE name = 'R__b'") == 2
        assert [row.action for row in Store(connection, "test").history("R__b")] == ["repeatable.applied"] * 2


def test_a_repeatable_is_all_or_nothing(one_shop: Shop) -> None:
    _put(one_shop, R__a="CREATE VIEW public.a AS SELECT 1 AS x; SELECT 1/0;", R__b="CREATE VIEW public.b AS SELECT 1;")
    with pytest.raises(DatabaseFailed, match="R__a failed: division by zero"):
        _all(one_shop)
    with connect(one_shop.dsn) as connection:
        assert scalar(connection, "SELECT to_regclass('public.a') IS NULL AND to_regclass('public.b') IS NULL")
        assert scalar(connection, "SELECT count(*) FROM migrator.repeatable") == 0


def test_a_repeatable_that_cannot_run_in_a_transaction(one_shop: Shop) -> None:
    _put(one_shop, R__a="CREATE INDEX CONCURRENTLY i ON public.users (name);")
    with pytest.raises(ManifestError, match="cannot run in a transaction"):
        _all(one_shop)


def test_a_repeatable_waits_for_its_lock_within_the_budget(one_shop: Shop) -> None:
    _put(one_shop, R__t="DROP TRIGGER IF EXISTS t ON public.users; SELECT 1;")
    engine = one_shop.engine(budget=timedelta(seconds=1), old_transaction=timedelta(0))
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
        connection.execute("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()")
    with idle_in_transaction(one_shop), pytest.raises(LockBudgetSpent):
        expand_all(engine, one_shop.migrations, lambda _: None)
    assert [item.name for item in _all(one_shop).repeatables] == ["R__t"]


def test_a_conflict_is_told_as_from_a_single_expand(one_shop: Shop) -> None:
    _put(one_shop, a="ALTER TABLE public.users ADD COLUMN name text;")
    with pytest.raises(CatalogConflict, match=r"column public\.users\.name"):
        _all(one_shop)


def test_the_order_is_that_of_the_numbers(tmp_path: Path) -> None:
    for name in ("V10__j", "V2__b", "V1__a", "V1.1__b", "V1_2__c", "0002_x", "0010_x", "R__v", "20260901_y", "nick"):
        (tmp_path / f"{name}.sql").write_text("")
    (tmp_path / "0003_folder").mkdir()
    (tmp_path / "0003_folder" / "expand.sql").write_text("")
    (tmp_path / "notes").mkdir()
    (tmp_path / ".hidden.sql").write_text("")
    found = [migration_id(path) for path in migration_paths(tmp_path)]
    small = ["V1__a", "V1.1__b", "V1_2__c", "V2__b", "0002_x", "0003_folder"]
    assert found == [*small, "V10__j", "0010_x", "20260901_y", "nick"]


def test_a_file_and_a_folder_of_one_id(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a.sql").write_text("")
    with pytest.raises(ManifestError, match="have the same id"):
        load_migration(tmp_path / "a.sql")
