"""SQL of other migrations that runs when a contract is done: it is no application code, and breaks all the same.

`verify.sql` runs whenever somebody asks, `R__*.sql` whenever it changes, and what comes new in the same change and
later by its name runs after the contract. Older SQL has run, and may name what was there then.
"""

from pathlib import PurePosixPath

from migrator.coupling.case import Case
from migrator.coupling.evidence import CodeReference, DatabaseObject, SqlFile
from migrator.schema.order import is_repeatable, order_key

_LATER = frozenset({"expand", "migrate", "none"})


def runs_after(case: Case, path: str, contract: str) -> bool:
    """Whether this migration file runs after the contract, as far as the names of both tell."""
    file, removing = PurePosixPath(path), PurePosixPath(contract)
    if file.suffix != ".sql" or path == contract:
        return False
    if is_repeatable(file.name):
        return True
    if is_proof(file):
        return file.parent != removing.parent and file.stem != removing.stem
    sql, own = case.sql_files.get(path), case.sql_files.get(contract)
    if sql is None or own is None or sql.phase not in _LATER or sql.migration == own.migration:
        return False
    return order_key(sql.migration) > order_key(own.migration)


def is_proof(file: PurePosixPath) -> bool:
    """Whether the file only asks: a migration's verify.sql, or Sqitch's of the folder verify."""
    return file.name == "verify.sql" or file.parent.name == "verify"


def breaks(case: Case, reference: CodeReference, sql: SqlFile, item: DatabaseObject) -> bool:
    """Whether the use of what goes, in another migration's file, fails when the contract is done.

    A proof that selects all columns goes on without one; a file that makes the object anew needs no old one.
    """
    if reference.ref != "head" or not runs_after(case, reference.path, sql.path):
        return False
    if reference.is_star and item.kind == "column" and is_proof(PurePosixPath(reference.path)):
        return False
    own = case.sql_files.get(reference.path)
    return own is None or item not in own.adds
