"""What a migration program was found to add and remove, and what of it could not be told.

A removal that cannot be told is a problem that somebody has to look at: with an unknown name nobody can say whether
code still uses it. An addition that cannot be told only leaves the phase unknown.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from migrator.coupling.evidence import DatabaseObject, SqlFile
from migrator.coupling.sql_files import is_made_here, mixed_reason, objects_of

_REMOVAL = re.compile(r"\b(?:DROP|RENAME)\b", re.IGNORECASE)
_DDL = re.compile(r"\b(?:ALTER|CREATE)\b", re.IGNORECASE)


class NotUnderstoodError(Exception):
    """An operation, or a name in it, that cannot be told from the text."""


@dataclass(slots=True)
class Found:
    """Collects what the operations of one file do, in their order."""

    adds: list[DatabaseObject] = field(default_factory=list[DatabaseObject])
    removes: list[DatabaseObject] = field(default_factory=list[DatabaseObject])
    problem: str = ""
    """The first removal that could not be told, in words."""
    line: int = 1
    """Where the problem is."""
    is_partial: bool = False
    """Whether something else was not understood."""
    is_idle: bool = False
    """Whether nothing was found that the database would be asked to do."""
    touched: list[DatabaseObject] = field(default_factory=list[DatabaseObject])
    """Tables whose rows it works on."""

    def column(self, table: str, name: str, *, is_gone: bool, schema: str = "public", model: str = "") -> None:
        """Note a column that comes or goes."""
        item = DatabaseObject(kind="column", schema_name=schema, table=table, name=name, model=model)
        (self.removes if is_gone else self.adds).append(item)

    def table(self, name: str, *, is_gone: bool, schema: str = "public", model: str = "") -> None:
        """Note a table that comes or goes."""
        item = DatabaseObject(kind="table", schema_name=schema, name=name, model=model)
        (self.removes if is_gone else self.adds).append(item)

    def sql(self, text: str, line: int) -> None:
        """Note what SQL in the program does; of another database's SQL only what it removes matters."""
        read = objects_of(text)
        if read is not None:
            self.adds += read[0]
            self.removes += read[1]
            self.touched += read[2]
        elif _REMOVAL.search(text):
            self.lost("SQL that cannot be read", line)
        elif _DDL.search(text):
            self.is_partial = True

    def lost(self, what: str, line: int) -> None:
        """Note a removal that cannot be told."""
        if not self.problem:
            self.problem = f"it cannot be told what line {line} removes or renames ({what})"
            self.line = line

    def as_file(self, path: str) -> SqlFile | None:
        """Return it as evidence; None when something that removes nothing was not understood."""
        if self.is_partial and not self.problem and not self.removes:
            return None
        adds = tuple(dict.fromkeys(self.adds))
        removes = tuple(item for item in dict.fromkeys(self.removes) if not is_made_here(item, adds))
        tables = dict.fromkeys((item.schema_name, item.table or item.name) for item in (*adds, *removes))
        rows = dict.fromkeys(item for item in self.touched if (item.schema_name, item.name) not in tables)
        mixed = mixed_reason("none", adds, removes)
        return SqlFile(
            path=path,
            migration=PurePosixPath(path).stem,
            phase="none",
            adds=adds,
            removes=removes,
            tables=(*(DatabaseObject(kind="table", schema_name=schema, name=name) for schema, name in tables), *rows),
            is_idle=self.is_idle and not (adds or removes or self.problem or self.is_partial),
            mixed=mixed,
            mixed_line=self.line,
            problem="" if mixed else self.problem,
        )
