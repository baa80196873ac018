"""The same pull request written in another way: other names, line ends, folders, quotes. No verdict may change.

A variation takes a pull request and returns it rewritten, or None where there is nothing to rewrite.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.coupling.shape_repository import Files, Shape

Variation = Callable[[Shape], Shape | None]
_Edit = Callable[[str, str], str]
"""Takes a path and its text."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|_+")
_SQL_TEXT = re.compile(r"\b(?:ALTER\s+TABLE|SELECT|UPDATE|INSERT\s+INTO|DELETE\s+FROM)\b", re.IGNORECASE)


def edited(shape: Shape, edit: _Edit, *, path: Callable[[str], str] = str) -> Shape | None:
    """Return the pull request with its texts and paths rewritten; None when nothing is another."""

    def files(old: Files) -> Files:
        return {path(name): edit(name, text) if isinstance(text, str) else text for name, text in old.items()}

    if not all(isinstance(text, str) for text in (*shape.base.values(), *shape.head.values())):
        return None
    landed = None if shape.landed is None else files(shape.landed)
    new = replace(shape, base=files(shape.base), head=files(shape.head), landed=landed)
    return None if new == shape else new


def renamed(names: Mapping[tuple[str, ...], tuple[str, ...]]) -> Variation:
    """Return the variation that replaces words inside of identifiers, in the case in which they stand."""

    def edit(_: str, text: str) -> str:
        return _IDENTIFIER.sub(lambda match: _renamed(match[0], names), text)

    def vary(shape: Shape) -> Shape | None:
        return edited(shape, edit, path=lambda name: edit("", name) if name.count("migrat") == 0 else name)

    return vary


def _renamed(word: str, names: Mapping[tuple[str, ...], tuple[str, ...]]) -> str:
    parts = [part for part in _PART.findall(word) if not part.startswith("_")]
    lowered = [part.lower() for part in parts]
    for old, new in names.items():
        for at in range(len(parts) - len(old) + 1):
            if tuple(lowered[at : at + len(old)]) == old:
                found = "_*".join(parts[at : at + len(old)])
                return _renamed_rest(word, found, new)
    return word


def _renamed_rest(word: str, found: str, new: tuple[str, ...]) -> str:
    def put(match: re.Match[str]) -> str:
        text = match[0]
        if text.isupper():
            return "_".join(new).upper()
        is_camel = "_" not in word and (word != word.lower())
        if not is_camel:
            return "_".join(new)
        first = new[0].capitalize() if text[0].isupper() else new[0]
        return first + "".join(part.capitalize() for part in new[1:])

    return re.sub(found, put, word, count=1)


def _of(column: str, table: str = "user users") -> Variation:
    one, many = (tuple(name.split("_")) for name in table.split())
    fused = {("userprofile",): ("".join((*one, "profile")),)}  # Django's name of the class UserProfile
    return renamed({("legacy", "flag"): tuple(column.split("_")), ("users",): many, ("user",): one, **fused})


def crlf(shape: Shape) -> Shape | None:
    return edited(shape, lambda _, text: text.replace("\n", "\r\n"))


def bom(shape: Shape) -> Shape | None:
    return edited(shape, lambda path, text: f"\ufeff{text}" if text and not path.endswith(".toml") else text)


def tabs(shape: Shape) -> Shape | None:
    def edit(path: str, text: str) -> str:
        return text if path.endswith((".yml", ".yaml")) else re.sub(r"^(?: {4})+", _as_tabs, text, flags=re.MULTILINE)

    return edited(shape, edit)


def _as_tabs(match: re.Match[str]) -> str:
    return "\t" * (len(match[0]) // 4)


def no_last_newline(shape: Shape) -> Shape | None:
    return edited(shape, lambda _, text: text.rstrip("\n") or text)


def trailing_space(shape: Shape) -> Shape | None:
    return edited(shape, lambda path, text: text if path.endswith(".toml") else re.sub(r"(?<=[;,)}])\n", "  \n", text))


def under(folder: str) -> Variation:
    """Return the variation that moves the whole project into a folder of a monorepo."""

    def vary(shape: Shape) -> Shape | None:
        if "/" in str(shape.base.get("migrator.toml", "")) or "CODEOWNERS" in shape.base:
            return None
        return edited(shape, lambda _, text: text, path=lambda name: name if _is_of_root(name) else f"{folder}/{name}")

    return vary


def _is_of_root(path: str) -> bool:
    return path in ("migrator.toml", "CODEOWNERS", "README") or path.startswith((".git", "docs/CODEOWNERS"))


def _sql(edit: Callable[[str], str]) -> Variation:
    """Return the variation that rewrites migrations in SQL."""
    return lambda shape: edited(shape, lambda path, text: edit(text) if path.endswith(".sql") else text)


def _in_statements(pattern: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, new, text, flags=re.IGNORECASE)


def _with_case(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: text if re.search(r"""['"$\\{#]|--""", text) else change(text)


ALTER = r"\bALTER TABLE (?!ONLY|IF)(?=[\w\"])"
VARIATIONS: dict[str, Variation] = {
    "crlf": crlf,
    "bom": bom,
    "tabs": tabs,
    "no last newline": no_last_newline,
    "trailing space": trailing_space,
    **{f"under {folder}": under(folder) for folder in ("backend", "apps/api", "services/x", "packages/core/server")},
    **{f"column {name}": _of(name) for name in ("api_key", "sha256_sum", "is_2fa_on", "external_ref_id", "old_url")},
    **{
        f"table {name}": _of("legacy_flag", name)
        for name in (
            "person people",
            "category categories",
            "address addresses",
            "invoice invoices",
            "order orders",
            "bus buses",
            "company companies",
            "status statuses",
            "api_key api_keys",
            "order_item order_items",
            "medium media",
        )
    },
    **{
        f"column {name} of {table.split()[1]}": _of(name, table)
        for name, table in (("apikey_v2", "group groups"), ("iban_hash", "child children"), ("html_body", "news news"))
    },
    "alter only": _sql(_in_statements(ALTER, "ALTER TABLE ONLY ")),
    "alter if exists": _sql(_in_statements(ALTER, "ALTER TABLE IF EXISTS ")),
    "schema": _sql(
        _in_statements(r"\b(ALTER TABLE|CREATE TABLE|DROP TABLE)( ONLY| IF EXISTS)? (?=users\b)", r"\1\2 public.")
    ),
    "quoted": _sql(_in_statements(r"(?<![\w'$\".])(users|legacy_flag)(?![\w'$\".])", r'"\1"')),
    "tabs in sql": _sql(lambda text: re.sub(r"(?<=\w) (?=\w)", "\t", text) if "'" not in text else text),
    "semicolons": _sql(lambda text: re.sub(r";\n", ";;\n\n;\n", text) if "$" not in text else text),
    "block comment in front": _sql(
        lambda text: f"/* users: legacy_flag;\n /* inner */ it's */\n{text}" if "--" not in text[:3] else text
    ),
    "lower case": _sql(_with_case(str.lower)),
    "upper case": _sql(_with_case(str.upper)),
    "drop without column": _sql(_in_statements(r"\bDROP COLUMN (?!IF\b)", "DROP ")),
    "drop if exists": _sql(_in_statements(r"\bDROP COLUMN (?!IF\b)", "DROP COLUMN IF EXISTS ")),
    "drop cascade": _sql(_in_statements(r"\b(DROP COLUMN \w+)(?=[;,])", r"\1 CASCADE")),
    "drop restrict": _sql(_in_statements(r"\b(DROP COLUMN \w+)(?=[;,])", r"\1 RESTRICT")),
    "broken lines": _sql(_in_statements(r"\b(ALTER TABLE|DROP COLUMN|ADD COLUMN|SELECT|FROM) ", r"\1\n    ")),
    "comments inside": _sql(_in_statements(r"\b(ALTER|DROP|ADD) (TABLE|COLUMN) ", r"\1 /* why; it's */ \2 -- so\n ")),
    "with others": _sql(
        _in_statements(r"\b(ALTER TABLE \w+) (?=DROP COLUMN|ADD COLUMN)", r"\1 ALTER COLUMN id SET STATISTICS 100, ")
    ),
    "timeouts": _sql(
        _in_statements(r"\A(?=ALTER|CREATE|DROP)", "SET lock_timeout = '1s';\nSET statement_timeout TO 0;\n")
    ),
    "transaction": _sql(
        lambda text: f"BEGIN;\n{text.rstrip()}\nCOMMIT;\n" if re.match(r"(?:ALTER|DROP)\b[^:$\\]*\Z", text) else text
    ),
}
