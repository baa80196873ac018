"""The replay of a migrations folder."""

from pathlib import Path

import pytest

from migrator.errors import ManifestError
from migrator.names import TableName
from migrator.schema.history import replay_folder

USERS = TableName("public", "users")


def columns(folder: Path, upto: str | None = None) -> list[str]:
    table = replay_folder(folder, upto).table(USERS)
    return [column.name for column in table.columns] if table else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_base.sql").write_text("CREATE TABLE users (id int);")
    for name, files in {
        "0002_second": {"expand": "ADD COLUMN b int", "migrate": "ADD COLUMN c int", "contract": "DROP COLUMN id"},
        "0003_third": {"expand": "ADD COLUMN d int", "abort": "DROP COLUMN b", "verify": "DROP COLUMN c"},
    }.items():
        (tmp_path / name).mkdir()
        for phase, action in files.items():
            (tmp_path / name / f"{phase}.sql").write_text(f"ALTER TABLE users {action};")
    (tmp_path / "README").write_text("not SQL")
    return tmp_path


def test_phases_in_order_and_only_those_that_lead_forward(folder: Path) -> None:
    assert columns(folder) == ["b", "c", "d"]


def test_upto_leaves_out_the_named_one_and_later_ones(folder: Path) -> None:
    assert columns(folder, "0003_third") == ["b", "c"]
    assert columns(folder, "0002_second") == ["id"]
    assert columns(folder, "0001_base.sql") == []


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    schema = replay_folder(tmp_path / "none")
    assert not schema.tables
    assert not schema.is_complete


def test_a_mistake_is_reported_with_its_place(folder: Path) -> None:
    (folder / "0004.sql").write_text("SELECT 1;\nCREATE TABEL x (id int);")
    with pytest.raises(ManifestError, match=r"0004\.sql:2:8: "):
        replay_folder(folder)


def test_a_file_that_is_no_text_is_reported(folder: Path) -> None:
    (folder / "0004.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match="cannot be read"):
        replay_folder(folder)
