"""ALTER COLUMN … TYPE by the old type and the new one: nothing to do, indexes to build again, or a rewrite.

Source: `ATColumnChangeRequiresRewrite`, the support functions of the length casts (`varchar_support`,
`numeric_support`, `TemporalSimplify`, `interval_support`) and `pg_cast`; `tests/statements` tries the pairs.
"""

import re
from typing import NamedTuple

from migrator.statements.effects import Fact

_UNBOUNDED_PRECISION = 6
_SPLIT = re.compile(
    r"(?P<base>[^(\[]+?)\s*(?:\((?P<mods>[^)]*)\))?(?P<zone> with(?:out)? time zone)?(?P<array>(?:\[\])*)\Z"
)
_STRINGS = frozenset({"text", "character varying"})
_RELABELLED = frozenset(
    {
        ("cidr", "inet"),
        ("bit", "bit varying"),
        ("bit varying", "bit"),
        ("xml", "text"),
        ("xml", "character varying"),
        ("xml", "bpchar"),
        ("text", "bpchar"),
        ("character varying", "bpchar"),
        ("integer", "oid"),
        ("oid", "integer"),
        ("pg_node_tree", "text"),
    }
)
"""Pairs whose stored bytes are the same, besides text and varchar."""

_OTHER_ORDER = frozenset({("integer", "oid"), ("oid", "integer"), ("bit", "bit varying"), ("bit varying", "bit")})
_TEMPORAL = frozenset(
    {
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
    }
)
_UTC = frozenset({"utc", "gmt", "etc/utc", "etc/gmt", "uct", "etc/uct", "zulu", "etc/zulu", "universal", "0", "+0"})
_LEAST_FIELDS = ("second", "minute", "hour", "day", "month", "year")

_BUILT_IN = frozenset(
    """smallint integer bigint numeric real money boolean text uuid json jsonb bytea date inet cidr macaddr macaddr8
    oid name xml point line lseg box path polygon circle tsvector tsquery bpchar character bit interval pg_lsn
    int4range int8range numrange tsrange tstzrange daterange""".split()
) | {"double precision", "character varying", "bit varying", '"char"', *_TEMPORAL}


class Type(NamedTuple):
    """A type as `format_type` prints it, taken apart."""

    base: str
    modifiers: tuple[int, ...]
    is_array: bool


class Change(NamedTuple):
    """What the server must do for a change of type."""

    rewrite: Fact
    indexes: Fact
    """Whether plain indexes on the column are built again."""
    missing: tuple[str, ...] = ()


_FREE = Change(Fact.NO, Fact.NO)
_REBUILD = Change(Fact.NO, Fact.YES)
_REWRITE = Change(Fact.YES, Fact.YES)


def read_type(text: str) -> Type:
    """Take a type's text apart; `character` without a length means one character, `bpchar` any number."""
    found = _SPLIT.match(text)
    if found is None:
        return Type(text, (), is_array=False)
    base = found["base"] + (found["zone"] or "")
    modifiers = tuple(int(m) for m in (found["mods"] or "").split(",") if m.strip().lstrip("-").isdigit())
    if base in ("character", "bit") and not modifiers:
        modifiers = (1,)
    return Type("bpchar" if base == "character" else base, modifiers, bool(found["array"]))


def is_known_type(text: str) -> bool:
    """Return whether the type is one of the server's own, so that it is no domain, enum or type of an extension."""
    base = read_type(text).base
    return base in _BUILT_IN or base.startswith("interval")


def type_change(old_text: str, new_text: str, time_zone: str | None = None) -> Change:  # noqa: PLR0911 one per rule
    """Return what it costs to turn the old type into the new; `time_zone` is the session's, None when unknown."""
    old, new = read_type(old_text), read_type(new_text)
    if old == new:
        return _FREE
    if old.is_array or new.is_array:
        return _array_change(old, new)
    if old.base.startswith("interval") and new.base.startswith("interval"):
        return _FREE if _keeps_interval(old, new) else _REWRITE
    if old.base == new.base or {old.base, new.base} <= _STRINGS:
        return _FREE if _keeps_length(old, new) else _REWRITE
    if {old.base, new.base} == {"timestamp without time zone", "timestamp with time zone"}:
        return _zone_change(new, time_zone)
    if (old.base, new.base) in _RELABELLED:
        return _relabelled(old, new)
    if is_known_type(old_text) and is_known_type(new_text):
        return _REWRITE
    return Change(Fact.UNKNOWN, Fact.UNKNOWN, (f"whether type {new_text} reads the stored bytes of {old_text}",))


def _array_change(old: Type, new: Type) -> Change:
    """Elements are copied unless only their limit goes away."""
    is_same = old.is_array and new.is_array and old.base == new.base
    return _FREE if is_same and not new.modifiers else _REWRITE


def _keeps_length(old: Type, new: Type) -> bool:
    """Whether every old value fits the new modifiers, as the server's planner can tell."""
    if not new.modifiers:
        return True
    if new.base in _TEMPORAL:
        return new.modifiers[0] >= min(old.modifiers[0] if old.modifiers else 6, _UNBOUNDED_PRECISION)
    if not old.modifiers or new.base not in {"character varying", "bit varying", "numeric"}:
        return False
    (new_size, new_scale), (old_size, old_scale) = _pair(new), _pair(old)
    return new_size >= old_size and new_scale == old_scale


def _pair(of: Type) -> tuple[int, int]:
    return of.modifiers[0], of.modifiers[1] if len(of.modifiers) > 1 else 0


def _keeps_interval(old: Type, new: Type) -> bool:
    if new.base == "interval" and not new.modifiers:
        return True
    precisions = [t.modifiers[0] if t.modifiers else _UNBOUNDED_PRECISION for t in (old, new)]
    old_least, new_least = (_least_field(t.base) for t in (old, new))
    return new_least <= old_least and (old_least > 0 or precisions[1] >= precisions[0])


def _least_field(base: str) -> int:
    """Return the finest field that an interval keeps: 0 for seconds."""
    last = base.rsplit(maxsplit=1)[-1]
    return _LEAST_FIELDS.index(last) if last in _LEAST_FIELDS else 0


def _zone_change(new: Type, time_zone: str | None) -> Change:
    """The stored number is the same only where local time is UTC; indexes order by another operator either way."""
    if new.modifiers and new.modifiers[0] < _UNBOUNDED_PRECISION:
        return _REWRITE
    if time_zone is None:
        return Change(Fact.UNKNOWN, Fact.YES, ("the session's TimeZone: with UTC there is no rewrite",))
    return _REBUILD if time_zone.lower() in _UTC else _REWRITE


def _relabelled(old: Type, new: Type) -> Change:
    if new.modifiers:
        return _REWRITE
    return _FREE if (old.base, new.base) == ("cidr", "inet") else _REBUILD
