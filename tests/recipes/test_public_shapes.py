"""Shapes that schemas of well-known applications have and the cases of the recipes had not.

Domains with rules, several checks on one column, citext beside the server's functions, sequences made by hand.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrator.errors import RecipeRefused
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.names import TableName
from migrator.pg.connection import Connection, connect, server_version
from migrator.recipes import load
from migrator.recipes.folder import write_folder
from migrator.schema.catalog import read_schema
from migrator.schema.dump import read_dump
from migrator.state.install import install
from tests.fix_app import Shop
from tests.fix_server import Database
from tests.phases.looking import schema_dump
from tests.recipes.residue import residue
from tests.recipes.test_live import abort, dump, run

TERMS = {"owner": "team-identity", "contract_by": "2099-12-15", "soak": "0ms", "approvals": 0}


def render(connection: Connection, **arguments: Any) -> Mapping[str, str]:
    version = server_version(connection) // 10000
    return load(TERMS | arguments).render(read_schema(connection), "20260901_m", version).files


FILM = """
CREATE SCHEMA IF NOT EXISTS migrator;
CREATE DOMAIN year AS integer CHECK (VALUE BETWEEN 1901 AND 2155);
CREATE TABLE film (film_id int PRIMARY KEY, runs int, release_year year);
INSERT INTO film SELECT i, i, 1950 + i FROM generate_series(1, 50) i;
CREATE INDEX ON film (release_year);
"""
ADDS_A_YEAR: dict[str, dict[str, Any]] = {
    "rename": {"kind": "rename_column", "from": "release_year", "to": "published"},
    "add": {"kind": "add_column", "column": "published", "type": "year"},
    "copy": {"kind": "change_column_type", "column": "runs", "type": "year", "to": "no"},
    "generate": {
        "kind": "add_generated_column",
        "column": "next",
        "type": "year",
        "expression": "film_id + 1902",
        "stored": True,
    },
}


@pytest.mark.parametrize("name", ADDS_A_YEAR)
def test_no_column_of_a_domain_with_rules_is_added(one_connection: Connection, name: str) -> None:
    """The server writes the whole table again for it, even without a default."""
    run(one_connection, FILM)
    with pytest.raises(RecipeRefused, match=r"public.year is a domain with rules.* Use integer for the new column"):
        render(one_connection, table="film", **ADDS_A_YEAR[name])


def test_a_column_leaves_its_domain_in_place_and_can_then_be_renamed(
    database: Database, connection: Connection
) -> None:
    """As the refusal advises: no row is read or written for the first step."""
    run(connection, FILM)
    before = dump(database)
    file = "SELECT pg_relation_filenode('film') AS n"
    stored = connection.execute(file).fetchall()
    files = render(connection, kind="change_column_type", table="film", column="release_year", type="integer")
    run(connection, files["expand.sql"])
    assert connection.execute(file).fetchall() == stored
    assert render(connection, kind="rename_column", table="film", **{"from": "release_year", "to": "published"})
    abort(connection, files["abort.sql"])
    assert dump(database) == before


def test_a_domain_goes_to_its_base_type_through_a_second_column(one_connection: Connection) -> None:
    """A view keeps the column from being changed in place, and the server's own casts are enough."""
    run(one_connection, FILM)
    asked = {"kind": "change_column_type", "table": "film", "column": "release_year", "type": "integer", "to": "made"}
    assert "ADD COLUMN made integer" in render(one_connection, **asked)["expand.sql"]


def test_a_second_check_of_a_column_gets_a_name_of_its_own(one_connection: Connection) -> None:
    run(one_connection, "CREATE TABLE plans (id int PRIMARY KEY, plan text CHECK (plan <> ''))")
    checked = {"kind": "add_check", "table": "plans", "check": "plan IN ('free', 'pro')"}
    assert "ADD CONSTRAINT plans_plan_check_1 CHECK" in render(one_connection, **checked)["migrate.sql"]
    files = render(one_connection, **checked, replaces="plans_plan_check")
    for phase in ("expand", "migrate", "contract"):
        run(one_connection, files[f"{phase}.sql"])
    checks = [c for c in read_schema(one_connection).tables[TableName("public", "plans")].constraints if c.columns]
    assert [c.name for c in checks if c.kind == "check"] == ["plans_plan_check_1"]
    with pytest.raises(RecipeRefused, match="already has a constraint 'plans_plan_check_1'"):
        render(one_connection, **checked, name="plans_plan_check_1")


@pytest.mark.system
def test_citext_does_not_hide_the_functions_of_the_server(contrib_database: Database) -> None:
    """It brings its own split_part, replace and others for its type: the trigger takes the server's."""
    with connect(contrib_database.dsn) as connection:
        run(connection, "CREATE EXTENSION citext; CREATE TABLE people (id int PRIMARY KEY, name text)")
        into = {"first": "split_part(name, ' ', 1)", "rest": "split_part(name, ' ', 2)"}
        down = "concat_ws(' ', first, rest)"
        files = render(connection, kind="split_column", table="people", into=into, down=down, **{"from": "name"})
        assert "split_part(NEW.name, ' ', 1)" in files["expand.sql"]
        run(connection, "CREATE FUNCTION split_part(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1'")
        with pytest.raises(RecipeRefused, match=r"may be one of public\.split_part, pg_catalog\.split_part"):
            render(connection, kind="split_column", table="people", into=into, down=down, **{"from": "name"})


EXAMPLES: dict[tuple[str, str, str | None], str] = {
    ("timestamptz", "timestamp", None): """--up "c AT TIME ZONE 'UTC'".""",
    ("boolean", "smallint", None): '--up "CASE WHEN c THEN 1 ELSE 0 END".',
    ("text", "varchar(500)", None): '--up "left(c, 500)".',
    ("text", "integer", None): """--up "CASE WHEN c ~ '^[0-9]+$' THEN c::integer END".""",
    ("json", "jsonb", None): '--up "c::jsonb".',
    ("integer", "text", "c::text"): """--down "CASE WHEN d ~ '^[0-9]+$' THEN d::integer END".""",
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_the_example_of_a_refusal_is_for_these_types(
    one_connection: Connection, case: tuple[str, str, str | None]
) -> None:
    old, new, up = case
    run(one_connection, f"CREATE TABLE t (id int PRIMARY KEY, c {old})")
    given = {} if up is None else {"up": up}
    with pytest.raises(RecipeRefused) as caught:
        render(one_connection, kind="change_column_type", table="t", column="c", type=new, to="d", **given)
    assert str(caught.value).endswith(f"such as {EXAMPLES[case]}")


def walk(database: Database, folder: Path, setup: str, **arguments: Any) -> Mapping[str, str]:
    """Go forward, abort, which must restore the schema, and forward again to the end; nothing of ours may be left."""
    with connect(database.dsn) as connection:
        install(connection)
        run(connection, setup)
        files = render(connection, evidence=["backfill"], **arguments)
        recipe = load(TERMS | arguments)
        rendering = recipe.render(read_schema(connection), "20260901_m", server_version(connection) // 10000)
    write_folder(folder, "20260901_m", rendering)
    shop = Shop(database.dsn, folder)
    migration, engine = shop.migration("20260901_m"), shop.engine()
    before = schema_dump(database.server, database.dsn)
    for phase in (engine.expand, engine.migrate, engine.abort):
        phase(migration)
    assert schema_dump(database.server, database.dsn) == before
    for phase in (engine.expand, engine.migrate, engine.contract):
        phase(migration)
    assert residue(database.dsn) == []
    return files


JOBS = """
CREATE TYPE job_state AS ENUM ('available', 'running', 'done');
CREATE FUNCTION is_open(state job_state) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT state <> 'done' $$;
CREATE TABLE jobs (id int PRIMARY KEY, key text, state job_state NOT NULL, kind int REFERENCES kinds (id));
CREATE UNIQUE INDEX jobs_key ON jobs (key) WHERE is_open(state);
"""
KINDS = "CREATE TABLE kinds (id int PRIMARY KEY, name varchar(20));"


def test_an_index_that_gives_the_enum_to_a_function_is_in_the_way(one_connection: Connection) -> None:
    """It failed in migrate, after the backfill: there is no such function for the new type."""
    run(one_connection, KINDS + JOBS)
    labels = {"value": "available", "new_value": "ready", "to": "state_now"}
    with pytest.raises(RecipeRefused, match=r"gives state to the function public\.is_open\(\).*Drop it first"):
        render(one_connection, kind="rename_enum_value", table="jobs", column="state", **labels)


def test_a_trial_of_a_function_of_the_user_lints_clean(one_connection: Connection, tmp_path: Path) -> None:
    run(one_connection, KINDS + JOBS)
    casts = {"up": "key::varchar(9)", "down": "wanted::text"}
    asked = TERMS | {"kind": "change_column_type", "table": "jobs", "column": "key", "type": "varchar(9)"} | casts
    version = server_version(one_connection) // 10000
    run(one_connection, "ALTER TABLE jobs ADD CHECK (is_open(state) OR key <> '')")
    schema = read_schema(one_connection)
    write_folder(tmp_path, "20260901_m", load({**asked, "to": "wanted"}).render(schema, "20260901_m", version))
    assert "is_open(state)" in (tmp_path / "20260901_m" / "expand.sql").read_text()
    assert lint(read_sources([tmp_path]), version, past=History(None, schema)).findings == ()


REFERRING: dict[str, tuple[str, str]] = {
    "bigint": (
        "bigint",
        r"refers to public\.kinds\.id, which is integer, not bigint\. Widen both: .* --table public\.kinds takes",
    ),
    "numeric": ("numeric", r"refers to public\.kinds\.id, which is integer, not numeric\. Drop it first; when both"),
}


@pytest.mark.parametrize("name", REFERRING)
def test_a_referring_column_keeps_the_type_of_the_other_end(one_connection: Connection, name: str) -> None:
    """Lint would report the key that is made again: fk-type-mismatch."""
    run(one_connection, KINDS + JOBS)
    new_type, found = REFERRING[name]
    with pytest.raises(RecipeRefused, match=found):
        render(one_connection, kind="change_column_type", table="jobs", column="kind", type=new_type, to="kind_no")


def test_a_referring_column_may_take_the_type_of_the_other_end(one_connection: Connection) -> None:
    run(one_connection, KINDS.replace("int", "bigint") + JOBS)
    files = render(one_connection, kind="change_column_type", table="jobs", column="kind", type="bigint", to="kind_no")
    assert "REFERENCES public.kinds (id)" in files["migrate.sql"]


def test_the_manifest_tells_which_triggers_the_backfill_fires(one_connection: Connection) -> None:
    """`updated_at` of every row is set, or a log written, without a word in the SQL."""
    setup = """
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated := now(); RETURN NEW; END $$;
    CREATE TABLE posts (id int PRIMARY KEY, title text, updated timestamptz);
    CREATE TRIGGER "touch it" BEFORE UPDATE ON posts FOR EACH ROW EXECUTE FUNCTION touch();
    """
    run(one_connection, setup)
    for asked in (
        {"kind": "rename_column", "from": "title", "to": "heading"},
        {"kind": "set_not_null", "column": "title", "value": "''"},
        {"kind": "add_column", "column": "key", "type": "uuid", "default": "gen_random_uuid()"},
    ):
        manifest = render(one_connection, table="posts", **asked)["migration.toml"]
        assert (
            '# It fires the table\'s triggers on UPDATE, as any update does. See what these do: "touch it".' in manifest
        )


PIPELINES = """
CREATE TABLE pipelines (id bigint, part bigint, ref text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE pipelines_1 PARTITION OF pipelines FOR VALUES IN (1);
CREATE TABLE pipelines_rest PARTITION OF pipelines DEFAULT;
CREATE TABLE builds (id int PRIMARY KEY, pipeline_id bigint, pipeline_part bigint, name text);
ALTER TABLE builds ADD CONSTRAINT of_pipeline FOREIGN KEY (pipeline_id, pipeline_part) REFERENCES pipelines (id, part);
INSERT INTO pipelines SELECT i, i % 3, 'main' FROM generate_series(1, 30) i;
INSERT INTO builds SELECT i, i, i % 3, 'build' FROM generate_series(1, 30) i;
"""
ON_PIPELINES: dict[str, dict[str, Any]] = {
    "rename": {"kind": "rename_column", "table": "builds", "from": "pipeline_id", "to": "pipeline"},
    "drop column": {"kind": "drop_column", "table": "builds", "column": "pipeline_id", "also_drop": ["of_pipeline"]},
    "drop table": {"kind": "drop_table", "table": "pipelines", "also_drop": ["of_pipeline"]},
    "rename table": {"kind": "rename_table", "table": "pipelines", "to": "runs", "rename_parts": True},
}


@pytest.mark.parametrize("name", ON_PIPELINES)
def test_a_key_to_a_partitioned_table_is_one_key(database: Database, tmp_path: Path, name: str) -> None:
    """The server keeps one more for each partition that is referred to: they come and go with the first."""
    walk(database, tmp_path, PIPELINES, **ON_PIPELINES[name])


def test_a_partitioned_table_may_have_no_partition_yet(one_database: Database, tmp_path: Path) -> None:
    """A queue makes one for each kind of job; before the first there is no row to fill."""
    setup = "CREATE TABLE job (name text, id int, priority int, PRIMARY KEY (name, id)) PARTITION BY LIST (name)"
    renamed = {"from": "priority", "to": "urgency"}
    walk(one_database, tmp_path, setup, kind="rename_column", table="job", **renamed)


def test_files_tell_the_key_of_a_partitioned_table_once() -> None:
    """A dump says it for the parent, and the replay knows it of each partition too: dropped once, it is gone."""
    dump_text = """
    CREATE TABLE public.staff (id integer NOT NULL);
    CREATE TABLE public.payment (id integer NOT NULL, staff_id integer) PARTITION BY RANGE (id);
    CREATE TABLE public.payment_1 (id integer NOT NULL, staff_id integer);
    ALTER TABLE ONLY public.payment ATTACH PARTITION public.payment_1 FOR VALUES FROM (1) TO (100);
    ALTER TABLE ONLY public.staff ADD CONSTRAINT staff_pkey PRIMARY KEY (id);
    ALTER TABLE public.payment ADD CONSTRAINT paid_to FOREIGN KEY (staff_id) REFERENCES public.staff(id);
    """
    asked = TERMS | {"kind": "drop_table", "table": "public.staff", "also_drop": ["paid_to"]}
    contract = load(asked).render(read_dump(dump_text), "20260901_m", 17).files["contract.sql"]
    assert "ALTER TABLE public.payment DROP CONSTRAINT paid_to" in contract
    assert "payment_1" not in contract
