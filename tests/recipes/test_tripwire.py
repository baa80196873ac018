"""What a recipe renders when its evidence names the tripwire; tests/gates/test_tripwire.py shows that it records."""

from dataclasses import replace

import pytest

from migrator.recipes.tripwire import tripwire
from migrator.schema.model import Column
from migrator.schema.replay import replay
from migrator.statements.parse import parse_sql
from tests.recipes.recipe_cases import CASES

_CALL = "PERFORM migrator.record_old_write("


def expand(name: str, *evidence: str) -> str:
    case = CASES[name]
    wired = replace(case, arguments={**case.arguments, "evidence": list(evidence)})
    schema = replay(parse_sql(case.base).statements)
    files = wired.recipe.render(schema, case.migration, 17).files
    return "\n".join(text for file, text in files.items() if file.endswith(".sql"))


@pytest.mark.parametrize("name", ["rename_column", "change_column_type_text_to_number", "merge_columns"])
def test_only_who_asks_for_the_tripwire_gets_it(name: str) -> None:
    assert _CALL not in expand(name, "backfill")
    assert _CALL in expand(name, "backfill", "tripwire")


def test_while_the_old_columns_decide_nobody_is_recorded_and_after_the_flip_all_are() -> None:
    text = expand("split_column_old_decides", "tripwire")
    before, _, after = text.partition("CREATE OR REPLACE FUNCTION")
    assert _CALL not in before
    assert _CALL in after


@pytest.mark.parametrize(
    ("default", "condition"),
    [
        (None, "NEW.email IS NOT NULL"),
        ("'x'::text", "NEW.email::text IS DISTINCT FROM 'x'"),
        ("'it''s'::character varying", "NEW.email::text IS DISTINCT FROM 'it''s'"),
        ("-1.5", "NEW.email::text IS DISTINCT FROM '-1.5'"),
        ("now()", "(NEW.email IS NOT NULL AND NEW.mail IS NULL)"),
        ("lower('X'::text)", "(NEW.email IS NOT NULL AND NEW.mail IS NULL)"),
    ],
)
def test_what_an_insert_leaves_out_has_the_default(default: str | None, condition: str) -> None:
    old, new = Column("email", "text", default=default), Column("mail", "text")
    assert f"WHEN 'INSERT' THEN {condition} ELSE" in tripwire("m", [old], [new])[0]
