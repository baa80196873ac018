"""Errors of a migration's files: each names the file as it is on disk, is a sentence, and says what to do."""

from pathlib import Path

import pytest

from migrator.errors import ManifestError
from migrator.phases.folder import load_migration
from migrator.phases.repeatables import load_repeatables
from migrator.phases.steps import steps_in

SQL = {
    "a word that is none": "SELEC 1;",
    "two mistakes": "SELECT 1 FROM a WHERE;\nSELEC;",
    "an open string": "SELECT 'abc",
    "an open comment": "/* abc",
    "a psql command": "\\connect x\nSELECT 1;",
    "an open block": "BEGIN; SELECT 1;",
    "a savepoint": "BEGIN; SAVEPOINT a; COMMIT;",
    "a setting": "SET search_path = x;",
    "no transaction": "BEGIN; CREATE INDEX CONCURRENTLY i ON a (b); COMMIT;",
    "no name": "CREATE INDEX CONCURRENTLY ON a (b);",
    "no probe": "-- migrator:step txn=none\nCALL x();",
    "a choice": "-- migrator:step txn=maybe\nSELECT 1;",
    "a duration": "-- migrator:step timeout=5x\nSELECT 1;",
    "a probe": '-- migrator:step probe="SELEC"\nSELECT 1;',
    "a key": "-- migrator:step foo=1\nSELECT 1;",
}
MANIFESTS = {
    "no TOML": "x=",
    "an unknown key": "[foo]\na = 1",
    "no date": "[contract]\ncontract_by = 'x'",
    "no SQL": "[[backfill]]\ntable = 'a'\nset = { b = 'SELEC (' }",
    "no change": "[[backfill]]\ntable = 'a'",
}


def _raised(path: Path) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        steps_in(load_migration(path).files["expand"], "expand", 17)
    return caught.value


def _is_well_said(error: ManifestError, path: Path) -> None:
    assert error.situation.startswith(str(path))
    for sentence in (error.situation, error.todo):
        assert sentence.endswith(".")
        assert ".." not in sentence


@pytest.mark.parametrize("text", SQL.values(), ids=SQL)
def test_a_file_that_cannot_be_run(tmp_path: Path, text: str) -> None:
    for path in (tmp_path / "V1__a.sql", tmp_path / "m" / "expand.sql"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        _is_well_said(_raised(path if path.stem != "expand" else path.parent), path)


@pytest.mark.parametrize("text", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "expand.sql").write_text("SELECT 1;")
    (tmp_path / "migration.toml").write_text(text)
    _is_well_said(_raised(tmp_path), tmp_path / "migration.toml")


def test_a_folder_with_a_file_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "expand.sql").write_text("SELECT 1;")
    (tmp_path / "contracts.sql").write_text("SELECT 1;")
    _is_well_said(_raised(tmp_path), tmp_path)


def test_a_repeatable_file_that_would_remove_data_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "R__x.sql"
    path.write_text("DROP TABLE public.a;")
    with pytest.raises(ManifestError) as caught:
        load_repeatables(tmp_path)
    _is_well_said(caught.value, path)
