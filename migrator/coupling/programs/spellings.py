"""How the migrations of other languages spell what they do: one row per call, by language.

Groups: `t` the table, `c` one column, `cs` several, `n` the new name. Without `t` the table is the one of the call
around it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Act(Enum):
    """What a call does."""

    IN = auto()
    """The calls that follow work on this table."""
    CREATE = auto()
    DROP = auto()
    RENAME_TABLE = auto()
    ADD = auto()
    REMOVE = auto()
    RENAME = auto()


class Naming(Enum):
    """How the names in a call become those of the database."""

    AS_WRITTEN = auto()
    SNAKE = auto()
    """`LegacyFlag` is legacy_flag, and `Users` users."""
    MODEL = auto()
    """The table is the plural of a class: `UserAccount` is user_accounts."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """One call."""

    act: Act
    pattern: re.Pattern[str]
    ends: tuple[str, ...] = ("",)
    """What the columns' names get appended."""
    columns: tuple[str, ...] = ()
    """Columns that the call means without naming them."""
    naming: Naming = Naming.AS_WRITTEN


def name(group: str) -> str:
    """Match a quoted name, or a symbol of Ruby, as a group."""
    return rf"\\?[:'\"`](?P<{group}>[A-Za-z_][\w.]*)\\?['\"`]?"


_SEVERAL = r"(?P<cs>(?:\[|%[iwIW]\[)?(?:\s*[:'\"]?\w+['\"]?\s*,?)+\]?)"
_T, _C, _N, _COMMA = name("t"), name("c"), name("n"), r"\s*,\s*"


def row(
    act: Act,
    pattern: str,
    ends: tuple[str, ...] = ("",),
    columns: tuple[str, ...] = (),
    naming: Naming = Naming.AS_WRITTEN,
) -> Spelling:
    """Return a spelling; its pattern may go over lines."""
    return Spelling(act, re.compile(pattern, re.DOTALL | re.MULTILINE), ends, columns, naming)


_RUBY = (
    row(Act.CREATE, rf"\bcreate_table[\s(]+{_T}"),
    row(Act.IN, rf"\b(?:change|alter)_table[\s(]+{_T}"),
    row(Act.DROP, rf"\bdrop_(?:table|view)[\s(]+{_T}"),
    row(Act.CREATE, rf"\bcreate_view[\s(]+{_T}"),
    row(Act.RENAME_TABLE, rf"\brename_table[\s(]+{_T}{_COMMA}{_N}"),
    row(Act.ADD, rf"\badd_column[\s(]+{_T}{_COMMA}{_C}"),
    row(Act.ADD, rf"\badd_(?:reference|belongs_to)[\s(]+{_T}{_COMMA}{_C}", ("_id",)),
    row(Act.ADD, rf"\badd_column[\s(]+{_C}{_COMMA}(?=[A-Z])"),
    row(Act.REMOVE, rf"\b(?:remove|drop)_column[\s(]+{_T}{_COMMA}{_C}"),
    row(Act.REMOVE, rf"\bdrop_column[\s(]+{_C}(?!\s*,\s*[:'\"])"),
    row(Act.REMOVE, rf"\bremove_columns[\s(]+{_T}(?P<cs>(?:{_COMMA}[:'\"]\w+['\"]?(?!:))+)"),
    row(Act.REMOVE, rf"\bremove_(?:reference|belongs_to)[\s(]+{_T}{_COMMA}{_C}", ("_id", "_type")),
    row(Act.REMOVE, rf"\bremove_timestamps[\s(]+{_T}", columns=("created_at", "updated_at")),
    row(Act.REMOVE, rf"\bcleanup_concurrent_column_rename[\s(]+{_T}{_COMMA}{_C}"),
    row(Act.RENAME, rf"\brename_column[\s(]+{_T}{_COMMA}{_C}{_COMMA}{_N}"),
    row(Act.RENAME, rf"\brename_column[\s(]+{_C}{_COMMA}{_N}(?!\s*,)"),
    row(Act.ADD, rf"\brename_column_concurrently[\s(]+{_T}{_COMMA}[:'\"]\w+['\"]?{_COMMA}{_C}"),
    row(Act.REMOVE, rf"\b(?:\w|tbl|table)\.remove[\s(]+(?P<cs>(?:{_COMMA}|[:'\"]\w+['\"]?(?!:))+)"),
    row(Act.REMOVE, rf"\b(?:\w|tbl|table)\.remove_(?:references|belongs_to)[\s(]+{_C}", ("_id", "_type")),
    row(Act.RENAME, rf"\b(?:\w|tbl|table)\.rename[\s(]+{_C}{_COMMA}{_N}"),
    row(Act.ADD, rf"\b\w\.(?:references|belongs_to)[\s(]+{_C}", ("_id",)),
    row(
        Act.ADD,
        rf"\b\w\.(?:column|string|text|integer|bigint|boolean|datetime|timestamp|date|jsonb?|uuid|decimal|float"
        rf"|binary|inet|citext|timestamptz)[\s(]+{_C}",
    ),
)
_ELIXIR = (
    row(Act.IN, rf"\balter\s*\(?\s*table\(\s*{_T}"),
    row(Act.CREATE, rf"\bcreate(?:_if_not_exists)?[\s(]+table\(\s*{_T}"),
    row(Act.DROP, rf"\bdrop(?:_if_exists)?[\s(]+table\(\s*{_T}"),
    row(Act.RENAME_TABLE, rf"\brename[\s(]+table\(\s*{_T}[^)]*\){_COMMA}to:\s*table\(\s*{_N}"),
    row(Act.RENAME, rf"\brename[\s(]+table\(\s*{_T}[^)]*\){_COMMA}{_C}{_COMMA}to:\s*{_N}"),
    row(Act.REMOVE, rf"^\s*remove(?:_if_exists)?[\s(]+{_C}"),
    row(Act.ADD, rf"^\s*add(?:_if_not_exists)?[\s(]+{_C}"),
)
_SELF = r"\$this(?:->forge)?"
_CLASS = r"\\?(?:\w+\\)*(?P<c>\w+)::class"
_PHP = (
    row(Act.IN, rf"(?:::|->)table\(\s*{_T}"),
    row(Act.CREATE, rf"(?:::|->)create\(\s*{_T}"),
    row(Act.DROP, rf"(?:::|->)drop(?:IfExists)?\(\s*{_T}"),
    row(Act.RENAME_TABLE, rf"(?:::|->)rename\(\s*{_T}{_COMMA}{_N}"),
    row(Act.DROP, r"->drop\(\s*\)"),
    # those of which the table is an argument: Yii, CodeIgniter; and Doctrine's schema
    row(Act.IN, rf"(?:->getTable|::whenTable(?:Has|DoesntHave)Column)\(\s*{_T}"),
    row(Act.CREATE, rf"->createTable\(\s*{_T}"),
    row(Act.DROP, rf"->dropTable\(\s*{_T}"),
    row(Act.RENAME_TABLE, rf"->renameTable\(\s*{_T}{_COMMA}{_N}"),
    row(Act.REMOVE, rf"{_SELF}->dropColumn\(\s*{_T}{_COMMA}{_SEVERAL}"),
    row(Act.ADD, rf"{_SELF}->addColumn\(\s*{_T}{_COMMA}\[?\s*{_C}"),
    row(Act.RENAME, rf"{_SELF}->renameColumn\(\s*{_T}{_COMMA}{_C}{_COMMA}{_N}"),
    row(Act.REMOVE, rf"->drop(?:Constrained)?ForeignIdFor\(\s*{_CLASS}", ("_id",), naming=Naming.SNAKE),
    row(Act.REMOVE, rf"->removeColumn\(\s*{_C}"),
    row(Act.ADD, rf"->addColumn\(\s*{_C}"),
    row(Act.REMOVE, rf"::dropColumns\(\s*{_T}{_COMMA}{_SEVERAL}"),
    row(Act.REMOVE, rf"->drop(?:Column|ConstrainedForeignId)\(\s*{_SEVERAL}"),
    row(Act.REMOVE, rf"->dropMorphs\(\s*{_C}", ("_id", "_type")),
    row(Act.REMOVE, r"->dropSoftDeletes(?:Tz)?\(", columns=("deleted_at",)),
    row(Act.REMOVE, r"->dropTimestamps(?:Tz)?\(", columns=("created_at", "updated_at")),
    row(Act.RENAME, rf"->renameColumn\(\s*{_C}{_COMMA}{_N}"),
    row(
        Act.ADD,
        rf"->(?:\w*[iI]nteger|\w*[tT]ext|string|boolean|jsonb?|uuid|ulid|date\w*|timestamp\w*|time|decimal|float|double"
        rf"|foreignId|char|enum|binary)\(\s*{_C}(?![^;]*->change\(\))",
    ),
)
_OWNER = r"\b(?:queryRunner|queryInterface|pgm|db|qi|commands|runner|migration|connection)\s*\.\s*"
_JAVASCRIPT = (
    row(Act.CREATE, rf"\.createTable(?:IfNotExists)?\(\s*(?:new Table\(\s*\{{\s*name:\s*)?{_T}"),
    row(Act.CREATE, rf"\baddTable\(\s*{_T}"),
    row(Act.IN, rf"\.(?:alterTable|table)\(\s*{_T}"),
    row(Act.DROP, rf"\.dropTable(?:IfExists)?\(\s*{_T}"),
    row(Act.DROP, r"\bdropTables\(\s*(?P<cs>\[[^\]]*\])"),
    row(Act.DROP, rf"\.drop(?:Materialized)?View(?:IfExists)?\(\s*{_T}"),
    row(Act.RENAME, rf"\.changeColumn\(\s*{_T}{_COMMA}{_C}{_COMMA}new TableColumn\(\s*\{{\s*name:\s*{_N}"),
    row(Act.RENAME_TABLE, rf"\.renameTable\(\s*{_T}{_COMMA}{_N}"),
    row(Act.REMOVE, rf"{_OWNER}(?:drop|remove)Columns?\(\s*{_T}{_COMMA}{_SEVERAL}"),
    row(Act.REMOVE, rf"\bcreateDropColumnMigration\(\s*{_T}{_COMMA}{_C}"),
    row(Act.REMOVE, rf"\.dropColumns?\(\s*{_SEVERAL}"),
    row(Act.REMOVE, r"\.dropTimestamps\(", columns=("created_at", "updated_at")),
    row(Act.RENAME, rf"(?:\.renameColumn|createRenameColumnMigration)\(\s*{_T}{_COMMA}{_C}{_COMMA}{_N}"),
    row(Act.RENAME, rf"\.renameColumn\(\s*{_C}{_COMMA}{_N}"),
    row(Act.ADD, rf"{_OWNER}addColumn\(\s*{_T}{_COMMA}(?:new TableColumn\(\s*\{{\s*name:\s*)?{_C}"),
    row(Act.ADD, rf"\bcreateAddColumnMigration\(\s*{_T}{_COMMA}{_C}"),
    row(Act.ADD, rf"{_OWNER}addColumns?\(\s*{_T}{_COMMA}\{{\s*(?P<c>\w+)\s*:"),
    row(Act.ADD, rf"\.addColumn\(\s*{_C}"),
    row(
        Act.ADD,
        rf"\b\w+\.(?:string|text|\w*[iI]nteger|boolean|jsonb?|timestamp|dateTime|date|uuid|float|double|decimal|binary"
        rf"|enum?|specificType)\(\s*{_C}(?![^;]*\.alter\(\))",
    ),
)


def _attribute(name: str, group: str) -> str:
    """Match an attribute of XML, or a key of YAML and JSON, further on in the same change."""
    return (
        rf"(?=(?:(?!</?\w*[cC]hange|\b(?:add|drop|create|rename)[A-Z]).)*?\b{name}\"?\s*[:=]\s*['\"]?(?P<{group}>\w+))"
    )


_COLUMNS = (
    r"(?P<cs>(?=[^<]*<column|.{0,200}?\bcolumns\b)"
    r"(?:(?!</(?:drop|add)Column|\b(?:add|drop|create|rename|modify|update|insert)[A-Z]|</?changeSet|\bchangeSet\b).)*)"
)
"""Everything up to the next change: the columns stand in it with the key `name`."""
_LIQUIBASE = (
    row(Act.ADD, rf"(?<!/)\baddColumn\b{_attribute('tableName', 't')}{_COLUMNS}"),
    row(Act.REMOVE, rf"(?<!/)\bdropColumn\b{_attribute('tableName', 't')}{_COLUMNS}"),
    row(Act.CREATE, rf"\bcreateTable\b{_attribute('tableName', 't')}"),
    row(Act.DROP, rf"(?<!/)\bdropTable\b{_attribute('tableName', 't')}"),
    row(
        Act.RENAME_TABLE,
        rf"(?<!/)\brenameTable\b{_attribute('oldTableName', 't')}{_attribute('newTableName', 'n')}",
    ),
    row(Act.ADD, rf"(?<!/)\baddColumn\b{_attribute('tableName', 't')}{_attribute('name', 'c')}"),
    row(
        Act.REMOVE,
        rf"(?<!/)\bdropColumn\b{_attribute('tableName', 't')}{_attribute('(?:columnName|name)', 'c')}",
    ),
    row(
        Act.RENAME,
        rf"(?<!/)\brenameColumn\b{_attribute('tableName', 't')}{_attribute('oldColumnName', 'c')}"
        rf"{_attribute('newColumnName', 'n')}",
    ),
)
SPELLINGS: Mapping[str, tuple[Spelling, ...]] = {
    "ruby": _RUBY,
    "elixir": _ELIXIR,
    "php": _PHP,
    "javascript": _JAVASCRIPT,
    "liquibase": _LIQUIBASE,
}


def _to_the_way_forward(start: str, up: str) -> re.Pattern[str]:
    """Match from where the way back starts to the way forward, or to the end."""
    return re.compile(rf"{start}.*?(?={up}|\Z)", re.DOTALL | re.MULTILINE)


_ONE_LINE = re.compile(r"^[ \t]*def (?:self\.)?down\b(?:\(\))?(?:\s*=[^\n]*|[^\n]*;\s*end\b)", re.MULTILINE)
_BLOCK = re.compile(r"^([ \t]*)(?:def (?:self\.)?down\b|(?:\w+\.)?down do\b).*?^\1end\b", re.DOTALL | re.MULTILINE)
_BRACED = re.compile(r"\b(?:\w+\.)?down\s*\{[^}]*\}")
DOWN: Mapping[str, tuple[re.Pattern[str], ...]] = {
    "ruby": (_ONE_LINE, _BLOCK, _BRACED),
    "elixir": (re.compile(r"^([ \t]*)def down\b.*?(?:^\1end\b|$(?![\s\S]))", re.DOTALL | re.MULTILINE),),
    "php": (_to_the_way_forward(r"\bfunction\s+(?:safeD|d)own\s*\(", r"\bfunction\s+(?:safeU|u)p\s*\("),),
    "javascript": (
        _to_the_way_forward(
            r"\b(?:exports\.down\b|(?:async\s+)?(?:function\s+)?down\s*(?:\(|[:=]\s*(?:async\b|function\b|\()))",
            r"\b(?:exports\.up\b|(?:async\s+)?(?:function\s+)?up\s*(?:\(|[:=]))",
        ),
    ),
    "c#": (_to_the_way_forward(r"\bvoid\s+Down\s*\(", r"\bvoid\s+Up\s*\("),),
    "liquibase": (
        re.compile(r"<rollback\b.*?</rollback>", re.DOTALL),
        re.compile(r"^([ \t]*)-?[ \t]*rollback:[^\n]*\n(?:\1[ \t]+[^\n]*\n?)*", re.MULTILINE),
    ),
}
"""The part that goes back; what it removes is what the other part made."""
REMOVALS: Mapping[str, re.Pattern[str]] = {
    "ruby": re.compile(
        r"\b(?:remove_(?:columns?|reference|belongs_to|timestamps)|rename_(?:column|table)|drop_(?:join_)?table|drop_view|drop_columns?)\b(?=[\s(])"
        r"|\bexecute_drop\b|^\s*revert\s+[A-Z]",
        re.MULTILINE,
    ),
    "elixir": re.compile(
        r"^\s*remove(?:_if_exists)?\b|\bdrop(?:_if_exists)?[\s(]+table\b|\brename[\s(]+table\b", re.MULTILINE
    ),
    "php": re.compile(
        r"->drop(?:Column|Morphs|Table|(?:Constrained)?ForeignIdFor)\b|->renameTable\b|->(?:rename|remove)Column\b|->drop\(\)|::drop(?:IfExists|Columns)?\(|::rename\("
    ),
    "javascript": re.compile(
        r"\.(?:dropColumns?|dropTable(?:IfExists)?|renameColumn|renameTable|removeColumns?)\(|\bdropTables\("
        r"|\bcreate(?:Drop|Rename)ColumnMigration\("
    ),
    "c#": re.compile(r"\.(?:DropColumn|DropTable|RenameColumn|RenameTable)\(|\b(?:Delete|Rename)\.(?:Column|Table)\("),
    "liquibase": re.compile(r"(?<!/)\b(?:dropColumn|dropTable|renameColumn|renameTable)\b(?=[\s\":])"),
}
"""Words that remove or rename: each must belong to a call that was understood."""
