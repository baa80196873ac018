"""Type names as `format_type` prints them, so that a type read from a file equals the same one read from a server."""

from migrator.errors import InputError
from migrator.names import quote
from migrator.schema.expressions import expression_text, parse_expression
from migrator.statements.parse import pb

_SPELLINGS = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "varchar": "character varying",
    "bpchar": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "char": '"char"',
}
_SERIALS = {
    "smallserial": "smallint",
    "serial2": "smallint",
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
}
_INTERVAL_FIELDS = {
    4: " year",
    2: " month",
    6: " year to month",
    8: " day",
    1024: " hour",
    2048: " minute",
    4096: " second",
    1032: " day to hour",
    3080: " day to minute",
    7176: " day to second",
    3072: " hour to minute",
    7168: " hour to second",
    6144: " minute to second",
}
_ONE_BY_DEFAULT = ("character", "bit")
_INTERVAL = "interval"


def format_type(name: pb.TypeName) -> str:
    """Return a type's name with its modifiers; a type that is not built in stays as it was written."""
    parts = [part.string.sval for part in name.names]
    is_built_in = parts[0] == "pg_catalog" or len(parts) == 1
    base = _SPELLINGS.get(parts[-1]) if is_built_in else None
    text = base or ".".join(quote(part) for part in parts if part != "pg_catalog")
    modifiers = [expression_text(modifier) for modifier in name.typmods]
    brackets = "[]" if name.array_bounds else ""
    if text == _INTERVAL:
        return _interval(modifiers) + brackets
    if parts[-1] == "bpchar" and not modifiers and len(parts) == 1:
        return "bpchar" + brackets
    return _modified(text, modifiers) + brackets


def serial_type(name: pb.TypeName) -> str | None:
    """Return the integer type behind a serial one; None for any other type."""
    return _SERIALS.get(name.names[-1].string.sval) if len(name.names) == 1 else None


def type_text(text: str) -> str:
    """Return a type that a person wrote in the server's spelling.

    Raises:
        InputError: it is not a type, or is a serial, which is a sequence and a default as well.
    """
    tree = parse_expression(f"NULL::{text}")
    if tree.WhichOneof("node") != "type_cast" or not tree.type_cast.arg.a_const.isnull:
        raise InputError(f"{text!r} is not a type.", "Write it as in CREATE TABLE: varchar(20), timestamptz, text[].")
    name = tree.type_cast.type_name
    if serial_type(name):
        raise InputError(
            f"{text} is no type but an integer with a sequence and a default.",
            f"Create the sequence first, then add {serial_type(name)} with the default nextval('…').",
        )
    return format_type(name)


def _interval(modifiers: list[str]) -> str:
    fields = _INTERVAL_FIELDS.get(int(modifiers[0]), "") if modifiers else ""
    precision = f"({modifiers[1]})" if len(modifiers) > 1 else ""
    return f"interval{fields}{precision}"


def _modified(text: str, modifiers: list[str]) -> str:
    if not modifiers:
        return text
    joined = ",".join(modifiers)
    if text in _ONE_BY_DEFAULT or " time zone" not in text:
        return f"{text}({joined})"
    head, _, tail = text.partition(" ")
    return f"{head}({joined}) {tail}"
