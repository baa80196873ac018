"""Amounts of bytes as people write them in files, in PostgreSQL's units: `512kB`, `64MB`, `2GB`, `1TB`."""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_SIZE = re.compile(r"(\d+)\s*(kB|MB|GB|TB)\Z")


def parse_size(value: object) -> object:
    """Read `64MB` as bytes; a bare number in a file is refused because it has no unit."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a size; write 512kB, 64MB, 2GB or 1TB")
    return int(match[1]) * _UNITS[match[2]]


def format_size(value: float) -> str:
    """Return the bytes in the largest unit that does not hide them: `512kB`, `64MB`, `1.5GB`."""
    for unit in ("TB", "GB", "MB"):
        if value >= _UNITS[unit]:
            return f"{value / _UNITS[unit]:.1f}{unit}".replace(".0", "")
    return f"{value / _UNITS['kB']:.0f}kB"


Size = Annotated[int, BeforeValidator(parse_size), PlainSerializer(format_size, return_type=str)]
