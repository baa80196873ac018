"""Names in PostgreSQL: qualified, quoted, never longer than 63 bytes.

A name that is too long is cut by the server with a notice only, and then silently meets another one; every name
that we make therefore goes through `made_name`.
"""

import re
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from migrator.errors import InputError

MAX_BYTES = 63
"""NAMEDATALEN - 1 of a stock server."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
"""The server folds only A to Z: ÜBER without quotes means the name Über."""

# Words that the server refuses as a bare column or table name: its RESERVED_KEYWORD and TYPE_FUNC_NAME lists (18).
_RESERVED = frozenset(
    """all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
    except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
    is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
    only or order outer overlaps placing primary references returning right select session_user similar some
    symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when
    where window with""".split()
)


class TableName(NamedTuple):
    """A schema-qualified relation name, unquoted parts as the catalog stores them."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """Read `users`, `public.users` or `"My Schema"."My.Table"`; without a schema, `public` is meant."""
        parts = [quoted.replace('""', '"') or bare.translate(_LOWER) for quoted, bare in _PART.findall(text)]
        if not 1 <= len(parts) <= 2 or not _covers(text):  # noqa: PLR2004 schema and name
            raise InputError(f"{text!r} is not a table name.", 'Write it as table, schema.table or "Quoted"."Name".')
        return cls(parts[0], parts[1]) if len(parts) > 1 else cls("public", parts[0])

    @property
    def dotted(self) -> str:
        """Both parts without quotes, as the catalog's dependents are named."""
        return f"{self.schema}.{self.name}"

    def __str__(self) -> str:
        """Return SQL text, quoted where needed."""
        return f"{quote(self.schema)}.{quote(self.name)}"


def _covers(text: str) -> bool:
    return bool(re.fullmatch(r'("(?:[^"]|"")+"|[^".\s]+)(\.("(?:[^"]|"")+"|[^".\s]+))?', text))


def quote(identifier: str) -> str:
    """Return the identifier as SQL text: bare when PostgreSQL reads it back unchanged, else in double quotes."""
    if "\0" in identifier or not identifier:
        raise InputError(f"{identifier!r} is not an identifier.", "Give a name of at least one character.")
    if _PLAIN.match(identifier) and identifier not in _RESERVED:
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return the text as an SQL string literal (standard_conforming_strings is on since 9.1)."""
    if "\0" in text:
        raise InputError("A text with a NUL byte cannot be written in SQL.", "Remove the byte.")
    return "'" + text.replace("'", "''") + "'"


def made_name(*parts: str, suffix: str = "") -> str:
    """Return a name of at most 63 bytes made of the parts; a long one is cut and made unique by a hash.

    The same parts always give the same name, and different parts never give the same cut name.
    """
    full = "_".join(parts) + suffix
    if len(full.encode()) <= MAX_BYTES:
        return full
    import hashlib  # loads OpenSSL; few names are that long

    digest = hashlib.sha256("\0".join((*parts, suffix)).encode()).hexdigest()[:8]
    room = MAX_BYTES - len(digest) - 1 - len(suffix.encode())
    stem = "_".join(parts).encode()[:room].decode(errors="ignore")
    return f"{stem}_{digest}{suffix}"
