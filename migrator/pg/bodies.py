"""Function bodies that are text: `pg_depend` cannot look into them, so they are searched for names.

Decisions, made to fail closed with few false alarms (tests/gates/test_dependencies_bodies.py has one case for each):

- A body that names the column and the table, or the column of a row that can only be the table's (NEW and OLD of a
  trigger on it, an argument or result of its row type, a function that returns its rows) uses it.
- A column that is qualified by something that stands for another known table (`c.email` after `FROM customers c`)
  is that table's.
- INSERT without a column list uses every column.
- A body that names the column only, inside a string, and runs EXECUTE may use it: unknown, not open.
- A body that names the column and no way to the table does not use it. Comments name nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from migrator.pg.dependencies import Address, Use
from migrator.pg.driver import Connection, Row
from migrator.pg.queries import query

_TOKEN = re.compile(r"([eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|--[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERAL = re.compile(r"'((?:[^']|'')*)'|\$(\w*)\$(.*?)\$\2\$", re.DOTALL)
_RELATION = re.compile(
    r"(?<!distinct )\b(?:from|join|update|insert into) (?:only |lateral )?((?:[\w$]+\.)?[\w$]+)(?: (?:as )?([\w$]+))?"
)
_COMMENTED = frozenset({"sql", "plpgsql"})


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that is to go, as bodies could name it."""

    number: int
    kind: str
    schema: str
    name: str
    relations: frozenset[int] = frozenset()
    """For a column: its table, and the partitions and children that lose it too."""
    row_names: frozenset[tuple[str, str]] = frozenset()
    """For a column: (schema, name) of these tables and of functions that return their rows."""


@dataclass(frozen=True, slots=True)
class Body:
    """A function: its text in lower case without comments, quotes and line breaks, and the tables tied to it."""

    code: str
    language: str
    trigger_tables: frozenset[int] = frozenset()
    row_tables: frozenset[int] = frozenset()
    relations: Mapping[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    """Every known table or view by its bare name."""


def body_uses(connection: Connection, removed: Sequence[Removed], excused: AbstractSet[Address]) -> tuple[Use, ...]:
    """Return the functions that use, or may use, a removed object, other than the excused ones."""
    words = sorted({r.name for r in removed} | {name for r in removed for _, name in r.row_names})
    rows = connection.execute(query("gates.bodies"), {"words": words}).fetchall()
    relations = _relations(connection) if rows else {}
    uses: list[Use] = []
    for row in rows:
        if Address(row["classid"], row["objid"], 0) not in excused:
            body = _body(row, relations)
            uses += [Use(r.number, f"function {row['identity']}", how) for r in removed if (how := how_used(body, r))]
    return tuple(uses)


def trigger_argument_uses(
    connection: Connection, removed: Sequence[Removed], excused: AbstractSet[Address]
) -> tuple[Use, ...]:
    """Return triggers that are given the column's name as an argument, such as `tsvector_update_trigger('title')`."""
    columns = [r for r in removed if r.kind == "column"]
    tables = sorted({table for r in columns for table in r.relations})
    rows = connection.execute(query("gates.trigger_arguments"), {"tables": tables}) if tables else ()
    return tuple(
        Use(r.number, f"trigger {row['identity']}", "is given the name of")
        for row in rows
        for r in columns
        if Address(row["classid"], row["objid"], 0) not in excused
        and row["relid"] in r.relations
        and r.name.encode() in bytes(row["args"]).split(b"\0")
    )


def row_names(connection: Connection, tables: Iterable[int]) -> frozenset[tuple[str, str]]:
    """Return the (schema, name) of the tables and of the functions that return their rows."""
    values = {"tables": list(tables)}
    rows = connection.execute(query("gates.row_names"), values)
    return frozenset((row["schema"], row["name"]) for row in rows)


def how_used(body: Body, removed: Removed) -> str:
    """Return how the body uses the object, as a phrase before the object's name; empty when it does not."""
    if removed.kind == "column":
        return _column_use(body, removed)
    if removed.kind == "constraint":
        return "names" if re.search(rf"\bconstraint {_word(removed.name)}", body.code) else ""
    tail = r" ?\(" if removed.kind in {"function", "procedure", "routine", "aggregate"} else ""
    return "names" if _names(body.code, removed.schema, removed.name, tail) else ""


def _column_use(body: Body, removed: Removed) -> str:
    is_named = any(_names(body.code, schema, name) for schema, name in removed.row_names)
    is_row = bool(body.row_tables & removed.relations)
    is_trigger = bool(body.trigger_tables & removed.relations)
    if any(_inserts_by_position(body.code, name) for _, name in removed.row_names):
        return "inserts without a column list into the table of"
    for qualifier in _qualifiers(body.code, removed.name):
        if qualifier in {"new", "old"}:
            if is_trigger:
                return "names"
        elif not _is_elsewhere(body, qualifier, removed) and (is_named or is_row or (is_trigger and qualifier)):
            return "names"
    literals = [match[1] or match[3] or "" for match in _LITERAL.finditer(body.code)]
    if (is_trigger or is_row) and removed.name.lower() in literals:  # to_jsonb(NEW) ->> 'email'
        return "names"
    is_dynamic = body.language == "plpgsql" and re.search(r"\bexecute\b(?! function| procedure)", body.code)
    if is_dynamic and any(re.search(_word(removed.name), literal) for literal in literals):
        return "may name in dynamic SQL"
    return ""


def _qualifiers(code: str, column: str) -> list[str]:
    return [match[1] or "" for match in re.finditer(rf"(?:([\w$]+)\.)?{_word(column)}", code)]


def _is_elsewhere(body: Body, qualifier: str, removed: Removed) -> bool:
    """Whether the qualifier stands only for known relations, none of which loses the column."""
    bound = [m[1] for m in _RELATION.finditer(body.code) if qualifier in {m[2], m[1].rpartition(".")[2]}]
    known = [body.relations.get(name.rpartition(".")[2], frozenset[int]()) for name in bound]
    return bool(qualifier and known) and all(oids and not oids & removed.relations for oids in known)


def _inserts_by_position(code: str, table: str) -> bool:
    pattern = rf"\binsert into (?:[\w$]+\.)?{_word(table)}(?: as [\w$]+)? (?:overriding \w+ value )?"
    return bool(re.search(pattern + r"(?:values|select|with|table)\b", code))


def _names(code: str, schema: str, name: str, tail: str = "") -> bool:
    found = re.finditer(rf"(?:([\w$]+)\.)?{_word(name)}{tail}", code)
    return any(match[1] in {None, schema.lower()} for match in found)


def _word(name: str) -> str:
    return rf"(?<![\w$]){re.escape(name.lower())}(?![\w$])"


def _relations(connection: Connection) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for row in connection.execute(query("gates.relations")):
        found.setdefault(row["name"].lower(), set()).add(row["oid"])
    return {name: frozenset(oids) for name, oids in found.items()}


def _body(row: Row, relations: Mapping[str, frozenset[int]]) -> Body:
    return Body(
        code=plain_code(row["source"], row["language"]),
        language=row["language"],
        trigger_tables=frozenset(row["trigger_tables"]),
        row_tables=frozenset(row["row_tables"]),
        relations=relations,
    )


def plain_code(source: str, language: str) -> str:
    """Return the text in lower case on one line, without comments (of SQL and PL/pgSQL) and double quotes."""
    code = _TOKEN.sub(lambda match: match[1] or " ", source) if language in _COMMENTED else source
    code = re.sub(r"\s+", " ", code.replace('"', "").lower())
    code = re.sub(r" ?\. ?", ".", code)
    return re.sub(r"\(([\w$]+)\)\.", r"\1.", code)  # (NEW).email
