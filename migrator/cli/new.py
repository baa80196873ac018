"""`migrator new RECIPE`: one subcommand per recipe, its options made from the recipe's own fields."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from migrator.recipes.recipe import Recipe
    from migrator.schema.model import Schema

_CONTRACT_WITHIN = timedelta(days=90)


class RecipeGroup(click.Group):
    """A group whose commands are the recipes that are found; adding a recipe's file adds its command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """Return the recipes' kinds with dashes."""
        from migrator.recipes import discover

        return [kind.replace("_", "-") for kind in discover()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        """Return the command that renders this recipe."""
        from migrator.recipes import discover

        recipe = discover().get(cmd_name.replace("-", "_"))
        return _command(cmd_name, recipe) if recipe else None


@click.group(cls=RecipeGroup)
def new() -> None:
    """Render a migration's folder from a recipe; what it must know comes from --dsn, else from the migrations."""


def _command(name: str, recipe: type["Recipe"]) -> click.Command:
    @pass_session
    def render(session: Session, /, **values: Any) -> None:  # noqa: ANN401 the options differ by recipe
        _render(session, recipe, {key: value for key, value in values.items() if value not in (None, (), False)})

    fields = [(key, field) for key, field in recipe.model_fields.items() if key != "kind"]
    own = [(key, field) for key, field in fields if key not in _terms()]
    terms = [(key, field) for key, field in fields if key in _terms()]
    options = [_option(key, field) for key, field in (*own, *terms)]
    return Command(name, params=options, callback=render, help=recipe.__doc__)


def _terms() -> frozenset[str]:
    from migrator.recipes.recipe import Recipe

    return frozenset(Recipe.model_fields)


def _option(key: str, field: "FieldInfo") -> click.Option:
    flag = f"--{(field.alias or key).replace('_', '-')}"
    attributes: dict[str, Any] = {"help": field.description, "required": field.is_required()}
    if field.annotation is bool:
        attributes |= {"is_flag": True, "default": False}
    elif get_origin(field.annotation) is tuple:
        attributes |= {"multiple": True, "metavar": "TEXT"}
    elif get_origin(field.annotation) is Mapping or Mapping in get_args(field.annotation):
        attributes |= {"multiple": True, "metavar": "NAME=TEXT", "callback": _pairs}
    elif field.json_schema_extra == {"sql": True}:
        attributes |= {"metavar": "SQL|@FILE", "callback": _text_or_file}
    return click.Option([flag, key], **attributes)


def _text_or_file(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise click.BadParameter(f"{value[1:]} cannot be read: {exc}", context, parameter) from exc


def _pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [value.partition("=") for value in values]
    wrong = [value for value, (name, mark, text) in zip(values, pairs, strict=True) if not (name and mark and text)]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not NAME=TEXT, such as checkout=>=1.42", context, parameter)
    return {name: text for name, _, text in pairs} or None


def _render(session: Session, kind: type["Recipe"], values: Mapping[str, Any]) -> None:
    from migrator.clock import SystemClock
    from migrator.recipes.folder import write_folder

    today = SystemClock().now().date()
    defaults = {"owner": session.settings.owner, "contract_by": today + _CONTRACT_WITHIN}
    recipe = kind.read({**defaults, **values})
    schema, version = _knowledge(session)
    migration = recipe.migration_id(today)
    files = write_folder(session.settings.migrations, migration, recipe.render(schema, migration, version))
    commands = [f"migrator plan {migration}", f"migrator expand {migration}"]
    data = {"migration": migration, "files": [str(file) for file in files], "next": commands}
    session.show(data, lambda: _text(files, commands))


def _knowledge(session: Session) -> tuple["Schema", int]:
    """Return what is known about the tables, and the server's major version."""
    if not session.has_dsn:
        from migrator.lint.halves import history_text
        from migrator.schema.history import replay_folder

        return replay_folder(session.settings.migrations, forward=history_text), session.settings.pg_version
    from migrator.pg.connection import connect, server_version
    from migrator.schema.catalog import read_schema

    with connect(session.dsn()) as connection:
        return read_schema(connection), server_version(connection) // 10000


def _text(files: tuple[Path, ...], commands: list[str]) -> str:
    here = Path.cwd()
    written = "\n".join(f"  {file.relative_to(here) if file.is_relative_to(here) else file}" for file in files)
    return f"Written:\n{written}\nReview the files, commit them, then:\n" + "\n".join(f"  {line}" for line in commands)
