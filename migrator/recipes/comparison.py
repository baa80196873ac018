"""How SQL compares two values of a type exactly: by the type's own `=` where that is exact, else by their text.

Used by what is rendered into sync triggers, backfills and verify.sql.
"""

import re

_EXACT = re.compile(
    r"(smallint|integer|bigint|boolean|oid|uuid|date|bytea|text|name|character varying(\(\d+\))?"
    r"|timestamp(\(\d\))? with(out)? time zone)\Z"
)
"""Types whose `=` is true only for values that are the same to every reader. numeric is none of them (1.0 = 1.00),
nor is citext ('a' = 'A'), interval ('1 day' = '24:00') or box (equal areas); json, xml and point have no `=`."""


def comparable(reference: str, type_name: str, collation: str | None = None) -> str:
    """Return the SQL by which a value of the type is compared exactly: itself, or its text.

    A column's own collation may call different texts equal (a nondeterministic one), so that "C" compares them.
    """
    text = reference if _EXACT.match(type_name) else f"{reference}::text"
    return text if collation is None else f'{text} COLLATE pg_catalog."C"'
