"""What code uses: SQL in Python's strings, models of two ORMs, and words in everything else."""

from datetime import date
from pathlib import Path

import pytest

from migrator.names import TableName
from migrator.references.allowed import without_allowed
from migrator.references.cache import ScanCache
from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.reference import Confidence, Place, Reference, Usage
from migrator.references.scanners import python_code, sql_text, words

USERS = TableName("public", "users")
KNOWN = Known({USERS: frozenset({"id", "email", "legacy_mail"}), TableName("public", "orders"): frozenset({"total"})})


def short(scan: FileScan) -> set[tuple[str, int]]:
    found = scan.references
    return {(f"{r.table}.{'*' if r.is_star else r.column}", r.place.line) for r in found if r.is_star or r.column}


def python(text: str, path: str = "shop/users.py") -> FileScan:
    return python_code.scan(path, text, KNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('x = "SELECT email FROM users"', {("users.email", 1)}),
        ("x = '''\n  SELECT\n    email\n  FROM users'''", {("users.email", 3)}),
        ('x = f"SELECT email FROM users WHERE id = {key} LIMIT {n}"', {("users.email", 1), ("users.id", 1)}),
        ('x = "SELECT email " + "FROM users"', {("users.email", 1)}),
        ('x = "SELECT email FROM " + "users WHERE id = " + str(key)', {("users.email", 1), ("users.id", 1)}),
        ('x = "/* who */ select * from users"', {("users.*", 1)}),
        ('x = "-- note\\nUPDATE users SET email = %s"', {("users.email", 1)}),
        ('x = b"SELECT email FROM users"', set[tuple[str, int]]()),
        ('x = "Select an email from the list"', {("the.email", 1), ("the.an", 1)} - {("the.email", 1), ("the.an", 1)}),
        ('x = "no SQL: email of users"', set[tuple[str, int]]()),
        ('log("UPDATE failed")', set[tuple[str, int]]()),
    ],
)
def test_sql_in_python_strings(text: str, expected: set[tuple[str, int]]) -> None:
    assert expected <= short(python(text))
    if not expected:
        assert not {name for name, _ in short(python(text)) if name.startswith("users")}


def test_sql_that_cannot_be_parsed_is_compared_as_words() -> None:
    scan = python('x = "SELECT email FROM users WHERE ((("')
    assert scan.is_guessed
    assert ("users.email", 1) in short(scan)
    broken = python("def broken(:\n  email of users")
    assert broken.is_guessed
    assert ("users.email", 2) in short(broken)


def test_sqlalchemy() -> None:
    text = """
class User(Base):
    __tablename__ = "users"
    __table_args__ = ({"schema": "app"})
    id: Mapped[int] = mapped_column(primary_key=True)
    mail: Mapped[str] = mapped_column("email")
    nick: Mapped[str]
    old = deferred(Column("legacy_mail", Text))
    orders = relationship("Order")
    count: int = 0

orders = Table("orders", metadata, Column("total", Integer), schema="app")

class Stamped:
    created = Column(DateTime)
"""
    scan = python(text)
    assert {(r.schema, r.table, r.column) for r in scan.references} == {
        ("app", "users", None),
        ("app", "users", "id"),
        ("app", "users", "email"),
        ("app", "users", "nick"),
        ("app", "users", "legacy_mail"),
        ("app", "orders", None),
        ("app", "orders", "total"),
        (None, "", "created"),
    }
    assert {r.usage for r in scan.references} == {Usage.MAPPED}
    mixed_in = next(r for r in scan.references if not r.table)
    assert mixed_in.names_column(USERS, "created")
    assert not mixed_in.names_column(USERS, "email")


def test_django() -> None:
    text = """
from django.db import models

class User(models.Model):
    mail = models.EmailField(db_column="email")
    company = models.ForeignKey("Company", on_delete=1)
    groups = models.ManyToManyField("Group")
    name = "no field"
    class Meta:
        db_table = 'users'

class Order(User):
    total = models.IntegerField()

class Base(models.Model):
    created = models.DateTimeField()
    class Meta:
        abstract = True
"""
    found = {(r.table, r.column) for r in python(text, "src/shop/models/people.py").references}
    assert found == {
        ("users", None),
        ("users", "email"),
        ("users", "company_id"),
        ("shop_order", None),
        ("shop_order", "total"),
        ("", "created"),
    }


def test_no_django_no_models() -> None:
    assert python("class Form(Model):\n    total = IntegerField()\n").references == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User.where(legacy_mail: x)", {("users.legacy_mail", 1)}),
        ("interface User {\n  legacyMail: string\n}", {("users.legacy_mail", 2)}),
        ('db.Table("users").Select("email")', {("users.email", 1)}),
        ("const legacyMail = 1", set[tuple[str, int]]()),
        ("emails of users, email_address, user.emailer", set[tuple[str, int]]()),
    ],
)
def test_words_of_other_languages(text: str, expected: set[tuple[str, int]]) -> None:
    scan = words.scan("web/a.ts", text, KNOWN)
    assert short(scan) == expected
    assert {r.confidence for r in scan.references} <= {Confidence.TOKEN}


def test_only_the_wanted_tables_are_compared() -> None:
    text = "users email orders total"
    known = Known(KNOWN.columns, {TableName("public", "orders"): frozenset()})
    assert short(words.scan("a.rb", text, known)) == {("orders.total", 1)}


def test_sql_files() -> None:
    assert short(sql_text.scan("bi/a.sql", "SELECT 1;\nSELECT email\nFROM users;", KNOWN)) == {("users.email", 2)}
    templated = sql_text.scan("bi/a.sql", "SELECT email FROM users {% if x %} WHERE {% endif %}", KNOWN)
    assert templated.is_guessed
    assert ("users.email", 1) in short(templated)


def reference(line: int, column: str | None = "email") -> Reference:
    return Reference("users", Place("a.py", line), Confidence.EXACT, Usage.READ, column, "public")


@pytest.mark.parametrize(
    ("comment", "is_allowed"),
    [
        ("# migrator: ref-ok users.email until=2026-12-31 reason=read from the cache", True),
        ("-- migrator: ref-ok public.users.email until=2026-12-31 reason=x", True),
        ("# migrator: ref-ok users.email until=2026-01-01 reason=late", False),
        ("# migrator: ref-ok users.email until=2026-12-31", False),
        ("# migrator: ref-ok users.email reason=no date", False),
        ("# migrator: ref-ok users.name until=2026-12-31 reason=another", False),
        ("# migrator: ref-ok users.email until=2026-99-99 reason=no day", False),
    ],
)
def test_a_use_that_a_person_vouches_for(comment: str, is_allowed: bool) -> None:
    text = f"x\n{comment}\nuse\nuse\n"
    kept = list(without_allowed([reference(3), reference(4)], text, date(2026, 11, 21)))
    assert kept == ([reference(4)] if is_allowed else [reference(3), reference(4)])


def test_the_cache_gives_back_what_it_got(tmp_path: Path) -> None:
    scan = FileScan((reference(1), reference(2, None)), is_guessed=True)
    cache = ScanCache(tmp_path, "key")
    cache.put({"blob:a.py": scan})
    assert cache.get(["blob:a.py", "other"]) == {"blob:a.py": scan}
    cache.close()
    assert ScanCache(tmp_path, "another").get(["blob:a.py"]) == {}
    (tmp_path / "migrator" / "references.sqlite").write_bytes(b"no database" * 100)
    broken = ScanCache(tmp_path, "key")
    broken.put({"blob:a.py": scan})
    assert broken.get(["blob:a.py"]) == {}
