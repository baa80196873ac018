"""What changed migration files do, read from their SQL."""

from typing import Any

import pytest

from migrator.coupling.evidence import SqlFile
from migrator.coupling.sql_files import read_sql_file

FOLDER = "db/migrations/20260901_mail"
MANIFEST = '[migration]\nowner = "x"\n[contract]\ncontract_by = 2026-12-15\n'


def read(path: str, **files: str) -> SqlFile:
    known = {f"{FOLDER}/{name.replace('_toml', '.toml').replace('_sql', '.sql')}": text for name, text in files.items()}
    return read_sql_file(path if "/" in path else f"{FOLDER}/{path}", known.get, 17)


def found(file: SqlFile) -> dict[str, Any]:
    return {"adds": [str(i) for i in file.adds], "removes": [str(i) for i in file.removes], "mixed": file.mixed}


def test_a_folder_says_the_phase_and_the_deadline() -> None:
    file = read("expand.sql", migration_toml=MANIFEST, expand_sql="ALTER TABLE users ADD COLUMN mail text;")
    assert (file.phase, file.migration, file.contract_by) == ("expand", "20260901_mail", "2026-12-15")
    assert found(file) == {"adds": ["public.users.mail"], "removes": [], "mixed": ""}
    assert [str(table) for table in file.tables] == ["public.users"]


@pytest.mark.parametrize(
    ("name", "sql", "why"),
    [
        ("expand.sql", "SELECT 1;\nALTER TABLE users DROP COLUMN email;", "expand.sql removes public.users.email"),
        (
            "expand.sql",
            "SELECT 1;\nALTER TABLE users RENAME COLUMN email TO mail;",
            "expand.sql removes public.users.email",
        ),
        ("migrate.sql", "SELECT 1;\nDROP TABLE old.users;", "migrate.sql removes old.users"),
        ("contract.sql", "SELECT 1;\nALTER TABLE users ADD COLUMN x int;", "contract.sql adds public.users.x"),
    ],
)
def test_what_belongs_to_another_phase_is_mixed(name: str, sql: str, why: str) -> None:
    file = read(name, **{"expand_sql": "", name.replace(".", "_"): sql})
    assert file.mixed.startswith(why)
    assert file.mixed_line == 2


def test_a_table_renamed_under_a_view_of_its_old_name_removes_nothing() -> None:
    sql = "BEGIN; ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people; COMMIT;"
    assert found(read("expand.sql", expand_sql=sql))["mixed"] == ""


def test_a_plain_file_is_mixed_when_it_adds_and_removes() -> None:
    for sql, is_mixed in (
        ("ALTER TABLE users ADD COLUMN mail text, DROP COLUMN email;", True),
        ("ALTER TABLE users RENAME COLUMN email TO mail;", True),
        ("DROP INDEX a; CREATE INDEX b ON users (mail);", False),
        ("CREATE TABLE a (id int); ALTER TABLE a DROP COLUMN id;", False),
        ("DROP TABLE users;", False),
    ):
        file = read_sql_file(
            "db/migrations/V2__x.sql", lambda path, sql=sql: sql if path.endswith("x.sql") else None, 17
        )
        assert (file.phase, bool(file.mixed)) == ("none", is_mixed), sql


@pytest.mark.parametrize("path", ["m/0001_a.down.sql", "m/0001/down.sql", "m/U2__a.sql"])
def test_the_way_back_is_no_contract(path: str) -> None:
    assert read_sql_file(path, lambda _: "DROP TABLE a;", 17).phase == "abort"


def test_what_cannot_be_read_says_so() -> None:
    broken = read("expand.sql", expand_sql="SELECT 1;\nALTER TABEL users;")
    assert "cannot be read" in broken.problem
    assert broken.mixed_line == 2
    assert read_sql_file("m/a.sql", lambda _: None, 17).problem == "it is no UTF-8 text"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12\n"
    assert "Git LFS" in read_sql_file("m/a.sql", lambda _: pointer, 17).problem


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"migration_toml": MANIFEST}, (True, "2026-12-15")),
        ({"migration_toml": "[contract]\nsoak = '1h'\n"}, (True, None)),
        ({"migration_toml": "", "contract_sql": ""}, (True, None)),
        ({"migration_toml": ""}, (False, None)),
        ({"migration_toml": "= broken"}, (True, None)),
    ],
)
def test_deadlines(files: dict[str, str], expected: tuple[bool, str | None]) -> None:
    file = read("migration.toml", **files)
    assert (file.phase, file.needs_deadline, file.contract_by) == ("manifest", *expected)
