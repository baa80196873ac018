"""How migrations in Go, Java, Kotlin, Scala and Rust spell what they do: goose, gormigrate, Bun, Flyway, jOOQ, SeaORM.

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
_JAVA = (
    row(Act.IN, rf"\.alterTable(?:IfExists)?\(\s*{_T}"),
    row(Act.CREATE, rf"\.createTable(?:IfNotExists)?\(\s*{_T}"),
    row(Act.DROP, rf"\.dropTable(?:IfExists)?\(\s*{_T}"),
    row(Act.ADD, rf"\.add(?:Column)?\(\s*{_C}"),
    row(Act.REMOVE, rf"\.drop(?:Column)?(?:IfExists)?\(\s*{_C}"),
    row(Act.RENAME, rf"\.renameColumn\(\s*{_C}\s*\)\s*\.to\(\s*{_N}"),
)
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
    row(Act.REMOVE, r"\.drop_column\(\s*\w+::(?P<c>\w+)", naming=Naming.SNAKE),
    row(Act.RENAME, r"\.rename_column\(\s*\w+::(?P<c>\w+)\s*,\s*\w+::(?P<n>\w+)", naming=Naming.SNAKE),
)
COMPILED: Mapping[str, tuple[Spelling, ...]] = {"go": _GO, "java": _JAVA, "rust": _RUST}


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
    "rust": re.compile(r"\.(?:drop_column|rename_column)\(|\bTable::(?:drop|rename)\(\)"),
}
