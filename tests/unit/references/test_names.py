"""Names of columns outside of SQL: ORM calls in Python, words in other languages, Prisma's schema."""

import pytest

from migrator.names import TableName
from migrator.references.ambiguous import without_ambiguous
from migrator.references.known import Known, known_tables
from migrator.references.reference import Reference, Usage
from migrator.references.scanners import prisma_schema, python_code, words
from migrator.references.spellings import is_distinctive
from migrator.schema.model import Schema

PROFILES = TableName("public", "accounts_userprofile")
WANTED = {PROFILES: frozenset({"legacy_flag", "title"})}
KNOWN = known_tables(Schema(), WANTED, {PROFILES: frozenset({"UserProfile"})})
USERS = known_tables(Schema(), {TableName("public", "users"): frozenset({"legacy_flag", "title"})})


def named(references: tuple[Reference, ...]) -> set[str]:
    return {f"{r.table}.{r.column}" for r in references if r.column}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UserProfile.objects.filter(title=1)", {"accounts_userprofile.title"}),
        ("UserProfile.objects.filter(title__iexact='x')", {"accounts_userprofile.title"}),
        ("Order.objects.filter(user_profile__title__in=x)", {"accounts_userprofile.title"}),
        ("UserProfile.objects.values_list('title')", {"accounts_userprofile.title"}),
        ("UserProfile.objects.order_by('-title')", {"accounts_userprofile.title"}),
        ("UserProfile.objects.update(a=F('boss__title'))", {"accounts_userprofile.title"}),
        ("class A:\n    model = UserProfile\n    fields = ['id', 'title']", {"accounts_userprofile.title"}),
        ("def f(current_user_profile):\n    return current_user_profile.title", {"accounts_userprofile.title"}),
        ("getattr(user_profile, 'title')", {"accounts_userprofile.title"}),
        ("x = Book.title", set[str]()),
        ("title = 1\nprint(title, UserProfile)", set[str]()),
        ("print('the title of a book', UserProfile)", set[str]()),
        ("'''The title of a UserProfile.'''\nUserProfile", set[str]()),
        ("request.owner.legacy_flag", {".legacy_flag"}),
        ("Q(legacy_flag=True)", {".legacy_flag"}),
        ("qs.extra(where=['legacy_flag IS TRUE'])", {".legacy_flag"}),
        ("class Out(BaseModel):\n    legacy_flag: bool", {".legacy_flag"}),
        ("legacy_flag = 1\nprint(legacy_flag)", set[str]()),
    ],
)
def test_names_in_python(text: str, expected: set[str]) -> None:
    assert named(python_code.scan("shop/a.py", text, KNOWN).references) == expected


def test_a_class_is_its_table() -> None:
    found = python_code.scan("a.py", "from .models import UserProfile\n", KNOWN).references
    assert [(r.table, r.column) for r in found] == [("accounts_userprofile", None)]


def test_a_model_has_the_name_that_its_migrations_call_it() -> None:
    text = (
        "from django.db import models\nclass UserProfile(models.Model):\n    legacy_flag = models.BooleanField()\n"
        "    class Meta:\n        db_table = 'profiles'\n"
    )
    found = python_code.scan("accounts/models.py", text, KNOWN).references
    assert {r.table for r in found if r.usage is Usage.MAPPED} == {"profiles", "accounts_userprofile"}
    everything = python_code.scan("accounts/models.py", text, Known()).references
    assert {r.table for r in everything} == {"profiles"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<%= current_user.title %>", {"users.title"}),
        ("class UserSerializer\n  attributes :title", {"users.title"}),
        ("# all users\nattr_reader :title", set[str]()),
        ("// users\nbook.title()", set[str]()),
        ("User.all # title", set[str]()),
        ("account.owner.legacy_flag?", {".legacy_flag"}),
        ("{ legacyFlag: true }", {".legacy_flag"}),
        ("where(legacy_flag: true)", {".legacy_flag"}),
        ('#[serde(rename = "legacy_flag")]', {".legacy_flag"}),
        ("const legacyFlag = 1", set[str]()),
        ("class User\n  self.ignored_columns += %w[legacy_flag]\nend", set[str]()),
        ("class User\n  self.ignored_columns = [\n    :legacy_flag,\n  ]\nend", set[str]()),
        ("class User\n  ignore_column :legacy_flag, remove_with: '1', remove_after: '2026-01-01'\nend", set[str]()),
        ("class User\n  self.ignored_columns = [:old]\n  def x = legacy_flag\nend", {"users.legacy_flag"}),
    ],
)
def test_words_of_other_languages(text: str, expected: set[str]) -> None:
    assert named(words.scan("app/a.rb", text, USERS).references) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("legacy_flag", True),
        ("legacyFlag", True),
        ("title", False),
        ("created_at", False),
        ("createdAt", False),
        ("company_id", False),
        ("is_ok", False),
        ("description", False),
    ],
)
def test_distinctive_names(name: str, expected: bool) -> None:
    assert is_distinctive(name) is expected


def test_a_name_that_other_tables_have_says_nothing_alone() -> None:
    found = words.scan("a.rb", "x.legacy_flag", USERS).references
    assert named(without_ambiguous(found, USERS, lambda: iter(()))) == {".legacy_flag"}
    ruby = '  create_table "posts", force: :cascade do |t|\n    t.boolean "legacy_flag"\n  end\n'
    assert without_ambiguous(found, USERS, lambda: iter([ruby])) == ()
    sql = "CREATE TABLE public.posts (\n    id bigint,\n    legacy_flag boolean\n);\n"
    assert without_ambiguous(found, USERS, lambda: iter([sql])) == ()
    own = sql.replace("posts", "users")
    assert named(without_ambiguous(found, USERS, lambda: iter([own]))) == {".legacy_flag"}
    other = python_code.scan(
        "a.py",
        "from django.db import models\nclass Post(models.Model):\n    legacy_flag = models.TextField()\n",
        Known(),
    ).references
    assert named(without_ambiguous((*found, *other), USERS, lambda: iter(()))) == {"_post.legacy_flag"}


def test_prisma() -> None:
    text = """
generator client {
  provider = "prisma-client-js"
}
model Account {
  id      Int     @id
  old     Boolean @map("legacy_flag")
  posts   Post[]
  gone    String  @ignore
  @@map("users")
}
model Post {
  id Int @id
}
model Hidden {
  id Int
  @@ignore
}
"""
    found = prisma_schema.scan("prisma/schema.prisma", text, USERS).references
    assert {(r.table, r.column, r.place.line) for r in found} == {
        ("users", None, 5),
        ("users", "id", 6),
        ("users", "legacy_flag", 7),
        ("Post", None, 12),
        ("Post", "id", 13),
    }
    assert {r.usage for r in found} == {Usage.MAPPED}
