"""The trigger that keeps old and new columns in step while both versions of the application write.

Its text was measured under load (reference/phases.md §2.1). What must not be lost when it is changed:

- It compares with OLD and is not `UPDATE OF`: a statement that names both columns must not lose the new value.
- `WHEN` keeps updates of other columns free of cost; it needs OLD, so INSERT has a trigger of its own. It also means
  that a value which `up` and `down` cannot bring back is never computed again by a write that does not concern it.
- Our backfill says so in `migrator.bypass` and is let through: it is no application's write.
- `zz_` makes it the last BEFORE trigger, after those that change the column.
- `search_path` is pinned: the writer's own must not decide which operator compares.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from migrator.names import TableName, literal, made_name, quote
from migrator.recipes.comparison import comparable
from migrator.recipes.formula import Formula
from migrator.recipes.tripwire import given_value, is_varying, tripwire
from migrator.schema.model import Column


class Authority(Enum):
    """Whose writes count."""

    BOTH = "both"
    """Each write is translated to the other side; a statement that changes both sides is new code's."""
    OLD = "old"
    """The new columns are computed from the old ones, as if they were generated."""
    NEW = "new"
    """The old columns are computed from the new ones."""
    EACH = "each"
    """Several pairs, each by itself, written by old code; a foreign key's action may change a new column alone."""
    VIEWED = "viewed"
    """As EACH, and an insert through a view may give a new column in place of the old one."""


@dataclass(frozen=True, slots=True)
class SyncTrigger:
    """The function and its two triggers for the old and the new columns of one table."""

    migration: str
    table: TableName
    old: tuple[Column, ...]
    new: tuple[Column, ...]
    up: Mapping[str, Formula]
    """New column -> its value, over the old columns."""
    down: Mapping[str, Formula]
    """Old column -> its value, over the new columns."""
    authority: Authority = Authority.BOTH
    """Whose writes count at first; `flip` changes it."""
    part: str = ""
    """Tells the triggers of one migration on several tables apart."""
    path: tuple[str, ...] = ()
    """Schemas of the types of extensions that the expressions compare."""
    prefix: str = "zz_migrator"
    """Another where a trigger of the application would fire after ours."""
    is_wired: bool = False
    """Whether it records the sessions that still write the old columns; the gate `tripwire` reads that."""

    @classmethod
    def copying(cls, migration: str, table: TableName, old: Column, new: Column) -> "SyncTrigger":
        """Return the trigger that keeps two columns of one type equal."""
        up, down = {new.name: Formula.of_column(old.name)}, {old.name: Formula.of_column(new.name)}
        return cls(migration, table, (old,), (new,), up, down)

    @property
    def function(self) -> str:
        """The qualified name of the function."""
        return f"migrator.{quote(made_name('sync', *self._words))}"

    @property
    def triggers(self) -> tuple[str, str]:
        """The names of the triggers for INSERT and UPDATE."""
        return (
            made_name(self.prefix, *self._words, suffix="_i"),
            made_name(self.prefix, *self._words, suffix="_u"),
        )

    @property
    def _words(self) -> tuple[str, ...]:
        return (self.migration, self.part) if self.part else (self.migration,)

    @property
    def is_copy(self) -> bool:
        """Whether the columns are to be equal, without any expression in between."""
        formulas = (*self.up.values(), *self.down.values())
        is_pair = len(self.old) == len(self.new) and all(formula.is_column for formula in formulas)
        return is_pair and all(old.type == new.type for old, new in zip(self.old, self.new, strict=True))

    def create(self) -> tuple[str, ...]:
        """Return the statements that arm it; they belong in the transaction that adds the columns."""
        on_insert, on_update = (quote(name) for name in self.triggers)
        run = f"EXECUTE FUNCTION {self.function}()"
        changed = "\n                       OR ".join(_differs(column) for column in (*self.old, *self.new))
        return (
            f"CREATE FUNCTION {self.function}() RETURNS trigger{self._body(self._sync(self.authority))}",
            f"CREATE TRIGGER {on_insert} BEFORE INSERT ON {self.table}\n    FOR EACH ROW {run}",
            f"CREATE TRIGGER {on_update} BEFORE UPDATE ON {self.table}\n    FOR EACH ROW WHEN ({changed})\n    {run}",
        )

    def flip(self, authority: Authority) -> str:
        """Return the statement that gives the word to the other side; it takes no table lock."""
        return self._replace(self._sync(authority))

    def disarm(self) -> str:
        """Return the statement that makes it do nothing; it takes no table lock."""
        return self._replace("    RETURN NEW;")

    def _replace(self, statements: str) -> str:
        return f"CREATE OR REPLACE FUNCTION {self.function}() RETURNS trigger{self._body(statements)}"

    def drop_triggers(self) -> tuple[str, ...]:
        """Return the statements that remove both triggers."""
        return tuple(f"DROP TRIGGER {quote(name)} ON {self.table}" for name in self.triggers)

    def drop_function(self) -> str:
        """Return the statement that removes the function, after its triggers."""
        return f"DROP FUNCTION {self.function}()"

    def differs(self) -> str:
        """Return the condition of a row on which the two sides fit in neither direction."""
        if self.is_copy:
            pairs = zip(self.old, self.new, strict=True)
            return " OR ".join(f"{_exact(old)} IS DISTINCT FROM {_exact(new)}" for old, new in pairs)
        if self.authority is Authority.EACH:
            return _misfits(self.new, self.up)
        return "\n  AND ".join(f"({side})" for side in (_misfits(self.new, self.up), _misfits(self.old, self.down)))

    def unfilled(self) -> str:
        """Return the condition of a row that the backfill still has to fill; rows with nothing to copy are done."""
        empty = [f"{comparable(quote(column.name), column.type)} IS NULL" for column in self.new]
        values = [(self._source_type(column), self.up[column.name]) for column in self.new]
        given = [f"{comparable(_in_parentheses(formula), kind)} IS NOT NULL" for kind, formula in values]
        if self.authority is Authority.EACH:
            pairs = [f"{left} AND {right}" for left, right in zip(empty, given, strict=True)]
            return pairs[0] if len(pairs) == 1 else " OR ".join(f"({pair})" for pair in pairs)
        return f"{' AND '.join(empty)} AND {given[0] if len(given) == 1 else '(' + ' OR '.join(given) + ')'}"

    def _source_type(self, column: Column) -> str:
        """Return the type by which the source of a new column is asked whether it is NULL."""
        formula = self.up[column.name]
        known = {old.name: old.type for old in self.old}
        return known.get(formula.columns[0], "text") if formula.is_column else "text"

    def _sync(self, authority: Authority) -> str:
        lines = [
            f"    IF current_setting('migrator.bypass', true) = {literal(self.migration)} THEN",
            "        RETURN NEW;  -- our own backfill",
            "    END IF;",
        ]
        if self.is_wired and authority in {Authority.BOTH, Authority.NEW}:
            lines += tripwire(self.migration, self.old, self.new)
        match authority:
            case Authority.OLD:
                lines += [*self._guard(), *_assignments(self.up, 1, "the old columns decide")]
            case Authority.NEW:
                lines += _assignments(self.down, 1, "the new columns decide")
            case Authority.BOTH:
                lines += self._both()
            case Authority.EACH | Authority.VIEWED:
                lines += self._each(is_viewed=authority is Authority.VIEWED)
        return "\n".join((*lines, "    RETURN NEW;"))

    def _both(self) -> list[str]:
        given = " OR ".join(f"{comparable('NEW.' + quote(c.name), c.type)} IS NOT NULL" for c in self.new)
        changed = " OR ".join(_differs(column) for column in self.new)
        return [
            "    IF TG_OP = 'INSERT' THEN",
            f"        IF {given} THEN",
            *_assignments(self.down, 3, "written by new code"),
            "        ELSE",
            *_assignments(self.up, 3, "written by old code"),
            "        END IF;",
            f"    ELSIF {changed} THEN",
            *self._complete(),
            *_assignments(self.down, 2, "new code wins when both changed"),
            "    ELSE",
            *_assignments(self.up, 2),
            "    END IF;",
        ]

    def _each(self, *, is_viewed: bool) -> list[str]:
        """ON DELETE SET NULL of the foreign key over a new column must reach the old one."""
        lines = [
            "    IF TG_OP = 'INSERT' THEN",
            *(self._from_views() if is_viewed else ()),
            *_assignments(self.up, 2, "written by the application"),
            "        RETURN NEW;",
            "    END IF;",
        ]
        for old, new in zip(self.old, self.new, strict=True):
            lines += [
                f"    IF {_differs(new)} AND {_same(old)} THEN",
                *_assignments({old.name: self.down[old.name]}, 2, "changed by a foreign key"),
                "    ELSE",
                *_assignments({new.name: self.up[new.name]}, 2),
                "    END IF;",
            ]
        return lines

    def _from_views(self) -> list[str]:
        """An insert through a view leaves the old column to its default; one that gives both means the old one."""
        lines: list[str] = []
        for old, new in zip(self.old, self.new, strict=True):
            given = "" if is_varying(old) else f" AND NOT ({given_value(old, self.new)})"
            lines.append(f"        IF NEW.{quote(new.name)} IS NOT NULL{given} THEN")
            lines += _assignments({old.name: self.down[old.name]}, 3, "written through a view")
            lines.append("        END IF;")
        return lines

    def _complete(self) -> list[str]:
        """New code that changes one of several columns on a row without the others must not lose the others."""
        if len(self.new) == 1:
            return []
        empty = " AND ".join(f"{comparable('OLD.' + quote(c.name), c.type)} IS NULL" for c in self.new)
        stale = _misfits(self.old, self.down, "OLD")
        filled = {c.name: f"coalesce(NEW.{quote(c.name)}, {self.up[c.name].over('OLD')})" for c in self.new}
        return [
            f"        IF {empty} AND ({stale}) THEN",
            *(f"            NEW.{quote(name)} := {value};" for name, value in filled.items()),
            "        END IF;  -- the backfill has not been here yet",
        ]

    def _guard(self) -> list[str]:
        """Refuse what would be lost: a write to the new columns alone, before their turn."""
        given = " OR ".join(f"{comparable('NEW.' + quote(c.name), c.type)} IS NOT NULL" for c in self.new)
        without = " AND ".join(f"{comparable('NEW.' + quote(c.name), c.type)} IS NULL" for c in self.old)
        changed = " OR ".join(_differs(column) for column in self.new)
        same = " AND ".join(map(_same, self.old))
        new, old = (", ".join(column.name for column in side) for side in (self.new, self.old))
        message = literal(f"{self.table}: {new} cannot be written yet, they follow {old}")
        hint = literal(f"Write {old} until migration {self.migration} has migrated.")
        refuse = f"            RAISE EXCEPTION USING ERRCODE = 'generated_always', MESSAGE = {message},"
        return [
            "    IF TG_OP = 'INSERT' THEN",
            f"        IF ({given}) AND {without} THEN",
            refuse,
            f"                HINT = {hint};",
            "        END IF;",
            f"    ELSIF ({changed}) AND {same} THEN",
            refuse.removeprefix("    "),
            f"            HINT = {hint};",
            "    END IF;",
        ]

    def _body(self, statements: str) -> str:
        mark = "$f$"
        while mark in statements:
            mark = f"{mark[:-1]}f$"
        path = ", ".join(("pg_catalog", *map(quote, self.path), "pg_temp"))
        return f"\n    LANGUAGE plpgsql SET search_path = {path}\n    AS {mark}\nBEGIN\n{statements}\nEND\n{mark}"


def _in_parentheses(formula: Formula) -> str:
    return formula.text if formula.is_column else f"({formula.text})"


def _exact(column: Column) -> str:
    return comparable(quote(column.name), column.type, column.collation)


def _differs(column: Column, operator: str = "IS DISTINCT FROM") -> str:
    old, new = (comparable(f"{row}.{quote(column.name)}", column.type, column.collation) for row in ("OLD", "NEW"))
    return f"{old} {operator} {new}"


def _same(column: Column) -> str:
    return _differs(column, "IS NOT DISTINCT FROM")


def _misfits(columns: Iterable[Column], formulas: Mapping[str, Formula], row: str = "") -> str:
    """Return the condition of a row on which one of the columns is not what its formula says."""
    found: list[str] = []
    for column in columns:
        formula = formulas[column.name]
        value = f"CAST({formula.over(row) if row else formula.text} AS {column.type})"
        name = f"{row}.{quote(column.name)}" if row else quote(column.name)
        is_, wanted = (comparable(text, column.type, column.collation) for text in (name, value))
        found.append(f"{is_} IS DISTINCT FROM {wanted}")
    return " OR ".join(found)


def _assignments(formulas: Mapping[str, Formula], depth: int, why: str = "") -> list[str]:
    lines = [f"{'    ' * depth}NEW.{quote(name)} := {formula.over('NEW')};" for name, formula in formulas.items()]
    return [f"{lines[0]}  -- {why}", *lines[1:]] if why else lines
