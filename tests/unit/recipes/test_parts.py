"""The parts of recipes: ids, the manifest's text, expressions, the folder on disk."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from migrator.errors import InputError
from migrator.names import MAX_BYTES, TableName
from migrator.recipes import Rendering, load
from migrator.recipes.expression import may_vary
from migrator.recipes.folder import write_folder
from migrator.recipes.manifest_text import Fill, manifest_text
from migrator.recipes.phase_text import phase_text
from migrator.recipes.sync_trigger import SyncTrigger
from migrator.schema.expressions import parse_expression
from migrator.schema.model import Column

AWKWARD = 'quote " backslash \\ newline \n tab \t delete \x7f é'


def test_a_long_id_still_gives_uncut_names() -> None:
    arguments = {"kind": "rename_column", "table": "t" * 63, "from": "a" * 60, "to": "b"}
    migration = load(arguments).migration_id(date(2026, 9, 1))
    sync = SyncTrigger.copying(migration, TableName("public", "t"), Column("a", "text"), Column("b", "text"))
    assert migration in sync.triggers[0]
    assert max(len(name) for name in (*sync.triggers, sync.function.removeprefix("migrator."))) <= MAX_BYTES


def test_ids_hold_only_plain_letters() -> None:
    recipe = load({"kind": "rename_column", "table": '"My App"."Üser s"', "from": "E-Mail", "to": "-"})
    assert recipe.migration_id(date(2026, 9, 1)) == "20260901_ser_s_e_mail_to"


def test_the_manifest_survives_awkward_text() -> None:
    recipe = load(
        {"kind": "rename_column", "table": "users", "from": AWKWARD, "to": "b", "owner": AWKWARD}
        | {"contract_by": "2026-12-15", "requires": {"a b": ">=1"}, "depends_on": ["x"]}
    )
    fill = Fill(TableName("public", "users"), {AWKWARD: AWKWARD}, AWKWARD, is_comparable=False)
    data = tomllib.loads(manifest_text(recipe, [fill], has_contract=True))
    assert data["migration"] == {"owner": AWKWARD, "ticket": "", "depends_on": ["x"]}
    assert data["recipe"] == {"kind": "rename_column", "table": "public.users", "from": AWKWARD, "to": "b"}
    assert data["backfill"] == [
        {"table": "public.users", "set": {AWKWARD: AWKWARD}, "where": AWKWARD, "compare": False}
    ]
    assert data["contract"]["contract_by"] == date(2026, 12, 15)
    assert data["contract"]["requires"] == {"a b": ">=1"}


@pytest.mark.parametrize(
    ("expression", "varies"),
    [
        ("1", False),
        ("-1.5", False),
        ("'x'::text", False),
        ("'{}'::jsonb", False),
        ("ARRAY[1, 2]", False),
        ("true", False),
        ("now()", False),
        ("pg_catalog.now()", False),
        ("CURRENT_TIMESTAMP", False),
        ("app.now()", True),
        ("gen_random_uuid()", True),
        ("nextval('s')", True),
        ("random()", True),
        ("clock_timestamp()", True),
        ("now() + '1 day'", True),
        ("(SELECT 1)", True),
    ],
)
def test_an_expression_that_may_vary_is_never_taken_for_a_constant(expression: str, varies: bool) -> None:
    assert may_vary(parse_expression(expression)) is varies


def test_phase_text_groups_transactions() -> None:
    text = phase_text(["Why."], ["SELECT 1", ("SELECT 2", "SELECT 3")])
    assert text == "-- Why.\n\nSELECT 1;\n\nBEGIN;\nSELECT 2;\nSELECT 3;\nCOMMIT;\n"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write_folder(tmp_path, "one", Rendering({"expand.sql": "-- first\n"}))
    with pytest.raises(InputError, match="exists already"):
        write_folder(tmp_path, "one", Rendering({"expand.sql": "-- second\n"}))
    assert [p.name for p in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one" / "expand.sql").read_text() == "-- first\n"


def test_a_folder_that_cannot_be_made_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_folder(tmp_path / "file", "one", Rendering({"expand.sql": "-- first\n"}))
