"""Names for the copies of indexes and constraints: those of the originals, with the new column's name in them.

Used by `column_copies`. A name that is taken, or that the server would cut, gets a number or a hash.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from migrator.names import MAX_BYTES, made_name
from migrator.schema.model import Schema, Table


def namer(schema: Schema, table: Table, columns: Mapping[str, str]) -> Callable[[str, Iterable[str]], str]:
    """Return a function that makes names for copies and never gives the same name twice."""
    neighbours = [other for other in schema.tables.values() if other.name.schema == table.name.schema]
    taken = {name for other in neighbours for name in _names(other)}
    made: dict[str, str] = {}

    def name_for(original: str, read: Iterable[str]) -> str:
        if original not in made:
            used = {name: columns[name] for name in read if name in columns}
            made[original] = _free(_renamed(original, used), taken)
            taken.add(made[original])
        return made[original]

    return name_for


def _names(table: Table) -> Iterable[str]:
    yield table.name.name
    yield from (index.name for index in table.indexes)
    yield from (constraint.name for constraint in table.constraints)


def _renamed(original: str, columns: Mapping[str, str]) -> str:
    """Return `users_mail_key` for `users_email_key`; a name without the column's gets the new one at its end."""
    words = "|".join(re.escape(old) for old in sorted(columns, key=len, reverse=True))
    renamed = re.sub(rf"(?<![^_])({words})(?![^_])", lambda found: columns[found[1]], original)
    if renamed == original:
        return made_name(original, *columns.values())
    return renamed if len(renamed.encode()) <= MAX_BYTES else made_name(renamed)


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = made_name(name, str(number))
    return candidate
