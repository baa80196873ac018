"""DDL where no migration is: in SQL files, in strings of Python, in quotes of other languages."""

import pytest

from migrator.coupling.ddl import Ddl, first_ddl_line, new_ddl


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1;\n\nCREATE TABLE a (id int);", 3),
        ("ALTER TABLE a DROP COLUMN b;", 1),
        ("ALTER TABLE a ALTER COLUMN b TYPE bigint;", 1),
        ("ALTER TABLE a ALTER b SET NOT NULL;", 1),
        ("DO $$ BEGIN EXECUTE 'drop table a'; END $$;", 1),
        ("CREATE TEMP TABLE x AS SELECT 1;\nCREATE INDEX ON x (a);\nDROP TABLE y;", 3),
        ("CREATE TEMP TABLE x AS SELECT 1;\nCREATE INDEX ON x (a);\nALTER TABLE x ADD b int;\nDROP TABLE x;", None),
        ("SELECT * FROM a;", None),
        ("INSERT INTO a VALUES (1);", None),
        ("ALTER ROLE a SET x = 1; GRANT SELECT ON a TO b;", None),
        ("DO $$ BEGIN PERFORM 1; END $$;", None),
        ("create a new table", None),
        ("", None),
    ],
)
def test_ddl_is_found_in_what_is_sql_as_a_whole(text: str, line: int | None) -> None:
    assert first_ddl_line(text) == line


def found(path: str, text: str, old: str = "") -> tuple[int, bool] | None:
    ddl = new_ddl(path, text, old)
    return None if ddl is None else (ddl.line, ddl.is_sure)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = 1\ncur.execute("ALTER TABLE users ADD COLUMN mail text")\n', (2, True)),
        ('cur.execute(f"ALTER TABLE {table} ADD COLUMN mail text")\n', (1, True)),
        ('cur.execute("DROP TABLE %s" % name)\n', (1, True)),
        ('cur.execute(sql.SQL("CREATE INDEX ON {} (id)").format(name))\n', (1, True)),
        ('Q = """\n  -- why\n  create table a (\n id int)"""\n', (3, True)),
        ('cur.execute("CREATE TABLE a (" + columns + ")")\n', (1, False)),
        ('cur.execute("ALTER TABLE " + table + rest)\n', (1, False)),
        ('cur.execute("CREATE TABLE `a` (id int AUTO_INCREMENT)")\n', (1, False)),
        ('cur.execute("CREATE TEMP TABLE a (id int)")\n', None),
        ('cur.execute("CREATE TABLE IF NOT EXISTS a (id int)")\n', (1, True)),
        ("# ALTER TABLE users ADD COLUMN mail text\n", None),
        ('label = "Create view from a template"\nother = "Drop table"\n', None),
        ('cur.execute("SELECT 1")\n', None),
        ("def broken(:\n  'ALTER TABLE a ADD b int'\n", (2, True)),
    ],
)
def test_python(text: str, expected: tuple[int, bool] | None) -> None:
    assert found("src/a.py", text) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.ts", "await db.query(`\n  ALTER TABLE users\n  ADD COLUMN ${name} text`);", (2, True)),
        ("a.js", "db.query('DROP TABLE ' + table);", (1, False)),
        ("a.go", 'x := 1\ndb.Exec("CREATE UNIQUE INDEX CONCURRENTLY i ON users (mail)")', (2, True)),
        ("a.rb", "execute <<~SQL\n  ALTER TABLE users\n    DROP COLUMN mail;\nSQL\n", (2, True)),
        ("a.php", "$db->exec(<<<'SQL'\nCREATE TABLE a (id int);\nSQL);", (2, True)),
        ("a.java", 'String q = """\n    create table a (id int)\n    """;', (2, True)),
        ("a.sh", 'psql -c "ALTER TABLE users ADD COLUMN mail text"', (1, True)),
        ("a.rs", 'sqlx::query("DROP INDEX a").execute(&pool)', (1, True)),
        ("a.tsx", "<Button>Create table</Button>\n<p title='Create index on your data'/>", None),
        ("a.ts", "// ALTER TABLE users ADD COLUMN mail text\n", None),
        ("a.ts", "const text = 'unclosed and no DDL", None),
    ],
)
def test_other_languages(path: str, text: str, expected: tuple[int, bool] | None) -> None:
    assert found(path, text) == expected


def test_only_what_is_new_counts() -> None:
    old = 'cur.execute("ALTER TABLE a ADD COLUMN b int")\n'
    assert found("a.py", f"import x\n{old}", old) is None
    assert found("a.py", old.replace("ADD COLUMN b", "ADD  COLUMN  b"), old) is None
    assert found("a.py", old + old.replace("b int", "c int"), old) == (2, True)


def test_what_is_sure_comes_first_and_is_shown() -> None:
    text = 'a("ALTER TABLE " + b)\nc("DROP   TABLE\\n users")\n'
    assert new_ddl("a.py", text, "") == Ddl(2, "DROP TABLE users", is_sure=True)
