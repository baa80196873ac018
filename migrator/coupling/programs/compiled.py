"""How migrations in Go, Java, Kotlin, Scala, Rust and C# spell what they do: gormigrate, Bun, jOOQ, SeaORM, EF.

Most of them run SQL, which their strings tell. What follows is for those that call methods instead.
"""

import re
from collections.abc import Mapping

from migrator.coupling.programs.spellings import Act, Naming, Spelling, name, row

_T, _C, _N, _COMMA = name("t"), name("c"), name("n"), r"\s*,\s*"
_CLASS = r"(?:&|new\()\s*(?:\w+\.)?(?P<t>[A-Z]\w*)\s*(?:\{[^}]*\}|\))"
"""`&models.User{}` or `new(User)`."""

_GO = (
    row(Act.DROP, rf"\.DropTable\(\s*{_T}\s*\)"),
    row(Act.DROP, rf"\.DropTable\(\s*{_CLASS}\s*\)", naming=Naming.MODEL),
    row(Act.CREATE, rf"\.CreateTable\(\s*{_CLASS}", naming=Naming.MODEL),
    row(Act.RENAME_TABLE, rf"\.RenameTable\(\s*{_T}{_COMMA}{_N}"),
    row(Act.ADD, rf"\.AddColumn\(\s*{_CLASS}{_COMMA}{_C}", naming=Naming.MODEL),
    row(Act.ADD, rf"\.AddColumn\(\s*{_T}{_COMMA}{_C}"),
    row(Act.REMOVE, rf"\.DropColumn\(\s*{_CLASS}{_COMMA}{_C}", naming=Naming.MODEL),
    row(Act.REMOVE, rf"\.DropColumn\(\s*{_T}{_COMMA}{_C}"),
    row(Act.RENAME, rf"\.RenameColumn\(\s*{_CLASS}{_COMMA}{_C}{_COMMA}{_N}", naming=Naming.MODEL),
    row(Act.RENAME, rf"\.RenameColumn\(\s*{_T}{_COMMA}{_C}{_COMMA}{_N}"),
)
_BUN_MODEL = r"\s*\.Model\(\s*\(\*(?:\w+\.)?(?P<t>\w+)\)\(nil\)\s*\)"
_BUN_TABLE = rf"\s*\.(?:Table|TableExpr)\(\s*{_T}\s*\)"
_BUN_COLUMN = r"(?:\s*\.If(?:Not)?Exists\(\))?\s*\.Column(?:Expr)?\(\s*[\"`](?P<c>\w+)"
_BUN = tuple(
    row(act, rf"\.New{verb}\(\){table}{rest}", naming=naming)
    for table, naming in ((_BUN_MODEL, Naming.MODEL), (_BUN_TABLE, Naming.AS_WRITTEN))
    for act, verb, rest in (
        (Act.CREATE, "CreateTable", ""),
        (Act.DROP, "DropTable", ""),
        (Act.ADD, "AddColumn", _BUN_COLUMN),
        (Act.REMOVE, "DropColumn", _BUN_COLUMN),
    )
)
_JAVA = (
    row(Act.IN, rf"\.alterTable(?:IfExists)?\(\s*{_T}"),
    row(Act.CREATE, rf"\.createTable(?:IfNotExists)?\(\s*{_T}"),
    row(Act.DROP, rf"\.dropTable(?:IfExists)?\(\s*{_T}"),
    row(Act.ADD, rf"\.add(?:Column)?\(\s*{_C}"),
    row(Act.REMOVE, rf"\.drop(?:Column)?(?:IfExists)?\(\s*{_C}"),
    row(Act.RENAME, rf"\.renameColumn\(\s*{_C}\s*\)\s*\.to\(\s*{_N}"),
)
_ALIAS = r"(?:(?:sea_query::)?Alias::new\(\s*)?"
_RUST = (
    row(Act.CREATE, r"\bTable::create\(\).*?\.table\(\s*(?P<t>\w+)::Table\b", naming=Naming.SNAKE),
    row(Act.DROP, r"\bTable::drop\(\)(?:(?!;).)*?\.table\(\s*(?P<t>\w+)::Table\b", naming=Naming.SNAKE),
    row(
        Act.RENAME_TABLE,
        r"\bTable::rename\(\)(?:(?!;).)*?\.table\(\s*(?P<t>\w+)::Table\s*,\s*(?P<n>\w+)::Table",
        naming=Naming.SNAKE,
    ),
    row(Act.IN, r"\.table\(\s*(?P<t>\w+)::Table\b", naming=Naming.SNAKE),
    row(
        Act.ADD,
        r"\.add_column(?:_if_not_exists)?\(\s*(?:&mut\s+)?(?:ColumnDef::new\(|\w+\()\s*\w+::(?P<c>\w+)",
        naming=Naming.SNAKE,
    ),
    row(Act.REMOVE, r"\.drop_column\(\s*\w+::(?P<c>\w+)\s*\)", naming=Naming.SNAKE),
    # names as texts, as SeaORM's Alias and as refinery's barrel take them
    row(Act.CREATE, rf"\bTable::create\(\)(?:(?!;).)*?\.table\(\s*{_ALIAS}{_T}"),
    row(Act.DROP, rf"\bTable::drop\(\)(?:(?!;).)*?\.table\(\s*{_ALIAS}{_T}"),
    row(Act.IN, rf"\.table\(\s*{_ALIAS}{_T}"),
    row(Act.ADD, rf"\.add_column(?:_if_not_exists)?\(\s*(?:&mut\s+)?(?:ColumnDef::new\(|\w+\()?\s*{_ALIAS}{_C}"),
    row(Act.REMOVE, rf"\.drop_column\(\s*{_ALIAS}{_C}"),
    row(Act.RENAME, rf"\.rename_column\(\s*{_ALIAS}{_C}\s*\)?{_COMMA}{_ALIAS}{_N}"),
    row(Act.IN, rf"\.change_table\(\s*{_T}"),
    row(Act.CREATE, rf"\.create_table(?:_if_not_exists)?\(\s*{_T}"),
    row(Act.DROP, rf"\.drop_table(?:_if_exists)?\(\s*{_T}"),
    row(Act.RENAME_TABLE, rf"\.rename_table\(\s*{_T}{_COMMA}{_N}"),
    row(Act.RENAME, r"\.rename_column\(\s*\w+::(?P<c>\w+)\s*,\s*\w+::(?P<n>\w+)", naming=Naming.SNAKE),
)
_SCHEMA = r"(?:schema:\s*\"[^\"]*\"\s*,\s*)?"
_CSHARP = (
    row(Act.CREATE, rf"\.CreateTable\(\s*name:\s*{_T}"),
    row(Act.DROP, rf"\.DropTable\(\s*name:\s*{_T}"),
    row(Act.RENAME_TABLE, rf"\.RenameTable\(\s*name:\s*{_T}{_COMMA}{_SCHEMA}newName:\s*{_N}"),
    row(Act.ADD, rf"\.AddColumn<[^(]*>\(\s*name:\s*{_C}{_COMMA}{_SCHEMA}table:\s*{_T}"),
    row(Act.REMOVE, rf"\.DropColumn\(\s*name:\s*{_C}{_COMMA}{_SCHEMA}table:\s*{_T}"),
    row(Act.RENAME, rf"\.RenameColumn\(\s*name:\s*{_C}{_COMMA}{_SCHEMA}table:\s*{_T}{_COMMA}newName:\s*{_N}"),
    row(Act.DROP, rf"\.DropTable\(\s*{_T}"),
    row(Act.RENAME_TABLE, rf"\.RenameTable\(\s*{_T}{_COMMA}{_SCHEMA}(?:newName:\s*)?{_N}"),
    row(Act.ADD, rf"\.AddColumn<[^(]*>\(\s*{_C}{_COMMA}(?:table:\s*)?{_T}"),
    row(Act.REMOVE, rf"\.DropColumn\(\s*{_C}{_COMMA}(?:table:\s*)?{_T}"),
    row(Act.RENAME, rf"\.RenameColumn\(\s*{_C}{_COMMA}{_T}{_COMMA}(?:newName:\s*)?{_N}"),
    row(Act.REMOVE, rf"\.DropColumn\(\s*{_SCHEMA}table:\s*{_T}{_COMMA}{_SCHEMA}name:\s*{_C}"),
    row(
        Act.RENAME,
        rf"\.RenameColumn\(\s*{_SCHEMA}table:\s*{_T}{_COMMA}{_SCHEMA}name:\s*{_C}{_COMMA}{_SCHEMA}newName:\s*{_N}",
    ),
    # FluentMigrator
    row(Act.CREATE, rf"\bCreate\.Table\(\s*{_T}"),
    row(Act.IN, rf"\bAlter\.Table\(\s*{_T}"),
    row(Act.ADD, rf"\.AddColumn\(\s*{_C}"),
    row(Act.ADD, rf"\bCreate\.Column\(\s*{_C}\s*\)\s*\.OnTable\(\s*{_T}"),
    row(Act.DROP, rf"\bDelete\.Table\(\s*{_T}"),
    row(Act.REMOVE, rf"\bDelete(?P<cs>(?:\s*\.Column\(\s*\"\w+\"\s*\))+)\s*\.FromTable\(\s*{_T}"),
    row(Act.RENAME_TABLE, rf"\bRename\.Table\(\s*{_T}\s*\)\s*\.To\(\s*{_N}"),
    row(Act.RENAME, rf"\bRename\.Column\(\s*{_C}\s*\)\s*\.OnTable\(\s*{_T}\s*\)\s*\.To\(\s*{_N}"),
)
COMPILED: Mapping[str, tuple[Spelling, ...]] = {"go": (*_GO, *_BUN), "c#": _CSHARP, "java": _JAVA, "rust": _RUST}


def _function(head: str) -> re.Pattern[str]:
    """Match a function from its head to its end: on the same line, or where a brace stands under its beginning."""
    return re.compile(rf"^([ \t]*){head}(?:[^\n]*\}}[ \t]*[,)]*[ \t]*$|.*?^\1\}})", re.DOTALL | re.MULTILINE)


COMPILED_DOWN: Mapping[str, tuple[re.Pattern[str], ...]] = {
    "go": (
        _function(r"func\s+(?:\([^)]*\)\s*)?\w*(?:[dD]own|[rR]ollback|[rR]evert)\w*\s*\("),
        _function(r"(?:Rollback|Down):\s*func\b"),
        re.compile(r"^([ \t]*)\}\s*,\s*func\s*\(.*?^\1\}\s*\)", re.DOTALL | re.MULTILINE),  # Bun: up, then down
    ),
    "java": (_function(r"(?:[\w<>@]+[ \t]+)*(?:fun[ \t]+|void[ \t]+)?(?:undo|down|rollback)\s*\("),),
    "rust": (_function(r"(?:pub\s+)?(?:async\s+)?fn\s+down\b"),),
}
"""The part that goes back."""
COMPILED_REMOVALS: Mapping[str, re.Pattern[str]] = {
    "go": re.compile(r"\.(?:DropColumn|DropTable|RenameColumn|RenameTable)\(|\.New(?:DropColumn|DropTable)\(\)"),
    "java": re.compile(r"\.(?:dropColumns?|dropTable|renameColumn|renameTable)(?:IfExists)?\("),
    "rust": re.compile(
        r"\.(?:drop_column|rename_column)\(|\bTable::(?:drop|rename)\(\)|\.(?:drop|rename)_table(?:_if_exists)?\(\s*\""
    ),
}
