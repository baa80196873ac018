"""docs/settings.md, docs/manifest.md and docs/recipes.md: the keys that people write, from the pydantic models."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, cast, get_args, get_origin

from pydantic.fields import FieldInfo

from migrator.config import Section, Settings, format_duration
from migrator.names import TableName
from migrator.phases.manifest import Manifest
from migrator.recipes import discover
from migrator.recipes.recipe import Recipe
from tests.docs.markdown import attribute_docs, table
from tests.docs.trial_table import trials

_SETTINGS = """\
# Settings

In `migrator.toml`, or below `[tool.migrator]` in `pyproject.toml`; the first one found from the working directory
upwards, or the one that `--config` names. An unknown key is an error. Order: option, environment, file, default.
Durations have a unit: `200ms`, `2s`, `15m`, `72h`, `7d`. Secrets are never in the file.

The database: `--dsn`, else the section that `--env` names, else `MIGRATOR_DSN`, `DATABASE_URL`, libpq's `PG*`
variables.
"""
_MANIFEST = """\
# The manifest, migration.toml

What a person declares about a migration; what it touches and removes is read from its SQL. An unknown key is an error.
`migrator new` writes it. `[recipe]` holds what it was rendered from: see [recipes](recipes.md).
"""
_RECIPES = """\
# Recipes

`migrator new RECIPE` renders a migration's folder. What it must know about the table comes from `--dsn`, else from
replaying the migrations folder. Read the files before you commit them: they are what runs.
"""
_WORDS = {
    str: "text",
    int: "number",
    bool: "true or false",
    Path: "path",
    timedelta: "duration",
    date: "date",
    TableName: "table",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key that a person may write."""

    section: str
    name: str
    type: str
    default: str
    meaning: str


_ALONG = """\
## What goes along with a column

A second column gets what hangs on the first, in expand and migrate: indexes with their parameters, statistics targets
and comments; unique, check, NOT NULL and foreign key constraints, as valid and deferrable as they were, with comments;
foreign keys of other tables that refer to it; comment, privileges, collation, statistics target, storage and
compression, where the new type can have them. In contract it gets the default, the sequence (which then counts as far
as the new type does) and the place of the index by which CLUSTER sorts. Copies are named after the new column.
`primary-key-to-bigint` ends with the names of before, and with the rights and comment of an identity's sequence.
`split-column` and `merge-columns` copy no index and no constraint, and say so in contract.sql.

Refused, with the reason and what to do: what would go with the old column or break without it and cannot be made
again beside it (views, policies, rules, statistics, generated columns, triggers and publications that name the column,
exclusion constraints, a replica identity), a partition key on any level, what one partition alone has on the column,
a domain with rules, a NOT NULL that is not validated, a primary key that is DEFERRABLE.
"""


def settings() -> str:
    """Return the page of migrator.toml."""
    return _SETTINGS + _tables(keys_of(Settings))


def manifest() -> str:
    """Return the page of migration.toml."""
    return _MANIFEST + _tables(keys_of(Manifest))


def recipes() -> str:
    """Return the page of `migrator new`."""
    terms = [key for key in keys_of(Recipe) if key.name != "kind"]
    parts = [_RECIPES, *(_recipe(kind, recipe) for kind, recipe in discover().items())]
    return "\n".join([*parts, "## Options of every recipe\n", _options(terms), "", _ALONG, trials()])


def keys_of(model: type[Section], section: str = "") -> Iterator[Key]:
    """Yield every key of the model and, after its own, those of its sections."""
    docs = attribute_docs(model)
    inner: list[tuple[str, type[Section]]] = []
    for name, field in model.model_fields.items():
        part = _section_of(name, field.annotation, section)
        if part is None:
            key = field.alias or name
            yield Key(section, key, in_words(field.annotation), _default(field), docs.get(name, ""))
        else:
            inner.append(part)
    for heading, part_model in inner:
        yield from keys_of(part_model, heading)


def _section_of(name: str, annotation: Any, outer: str) -> tuple[str, type[Section]] | None:
    path = f"{outer.strip('[]')}.{name}" if outer else name
    for inner in (annotation, *get_args(annotation)):
        if isinstance(inner, type) and issubclass(inner, Section):
            origin = get_origin(annotation)
            heading = f"[[{path}]]" if origin is tuple else f"[{path}.NAME]" if origin is Mapping else f"[{path}]"
            return heading, inner
    return None


def in_words(annotation: Any) -> str:
    """Return a type as a person who writes TOML would say it."""
    if annotation in _WORDS:
        return _WORDS[annotation]
    arguments = [argument for argument in get_args(annotation) if argument not in (NoneType, ...)]
    match get_origin(annotation):
        case origin if origin is Annotated:
            return in_words(arguments[0])
        case origin if origin is tuple:
            return f"list of {in_words(arguments[0])}"
        case origin if origin is Mapping:
            return "table" if arguments[1] is Any else f"table of {in_words(arguments[1])}"
        case origin if origin is Literal:
            return " or ".join(f"`{argument}`" for argument in arguments)
        case _:
            return " or ".join(in_words(argument) for argument in arguments)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: object = field.get_default(call_default_factory=True, validated_data={})
    match value:
        case None | "" | () | {}:
            return ""
        case timedelta():
            return f"`{format_duration(value)}`"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            return ", ".join(f"`{item}`" for item in cast("tuple[object, ...]", value))
        case _:
            return f"`{value}`"


def _tables(keys: Iterator[Key]) -> str:
    by_section: dict[str, list[Key]] = {}
    for key in keys:
        by_section.setdefault(key.section, []).append(key)
    parts: list[str] = []
    for section, found in by_section.items():
        rows = [(f"`{key.name}`", key.type, key.default, key.meaning) for key in found]
        heading = f"\n## `{section}`\n" if section else "\n## Top level\n"
        parts += [heading, table(("key", "type", "default", "meaning"), rows)]
    return "\n".join(parts)


def _recipe(kind: str, recipe: type[Recipe]) -> str:
    own = [key for key in keys_of(recipe) if key.name != "kind" and key.name not in Recipe.model_fields]
    title = f"## {kind.replace('_', '-')}\n"
    return "\n".join([title, " ".join((recipe.__doc__ or "").split()) + "\n", _options(own), ""])


def _options(keys: list[Key]) -> str:
    rows = [(f"`--{key.name.replace('_', '-')}`", key.type, key.default, key.meaning) for key in keys]
    return table(("option", "type", "default", "meaning"), rows)
