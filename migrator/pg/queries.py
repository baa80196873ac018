"""Named queries: `pg/sql/*.sql`, each a `-- name:` line, a line of why, and one statement.

Files keep SQL readable, testable in psql and away from string building; values go in as `%(name)s` parameters.
"""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def _load(package: str, stem: str) -> dict[str, bytes]:
    text = files(package).joinpath("sql", f"{stem}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)
    return {name: body.strip().rstrip(";").encode() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def query(name: str, package: str = "migrator.pg") -> bytes:
    """Return the SQL of `file.query`, such as `catalog.columns`, from `<package>/sql/file.sql`.

    Raises:
        KeyError: no such query; a test asks for every name in the code.
    """
    stem, _, key = name.partition(".")
    return _load(package, stem)[key]
