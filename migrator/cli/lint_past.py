"""What came before the files that `migrator lint` reads: a server, a dump, named files, or their own folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migrator.cli.context import Session
from migrator.lint.history import Histories, History, home_of, looks_ordered, schema_of
from migrator.lint.source import Source
from migrator.schema.model import Schema

if TYPE_CHECKING:
    from migrator.cli.linting import LintOptions
    from migrator.config import LintSection


@dataclass(frozen=True)
class GivenSchema:
    """The schema that was named, if any was; a server tells its major version as well."""

    schema: Schema | None = None
    pg_version: int | None = None
    folders: tuple[Path, ...] = ()
    """Folders that were named as history and hold linted files: what sorts before those is their past."""


def given_schema(
    session: Session, options: "LintOptions", section: "LintSection | None", linted: Sequence[Source]
) -> GivenSchema:
    """Read what the options name, else what the configuration names: a server, then a dump, then files.

    Raises:
        InputError: a file cannot be read.
        DatabaseFailed: the server cannot be asked.
    """
    if session.dsn_option or session.env:
        return _of_server(session)
    dump = options.schema_dump or (section.schema_dump if section is not None else None)
    if dump is not None:
        return GivenSchema(schema_of([dump], is_complete=True))
    history = options.history or (section.history if section is not None else ())
    files = [Path(source.path).absolute() for source in linted]
    folders = tuple(path for path in history if any(file.is_relative_to(path.absolute()) for file in files))
    before = [path for path in history if path not in folders]
    return GivenSchema(schema_of(before, is_complete=False) if before else None, folders=folders)


def past_of(given: GivenSchema, migrations: Path, asked: Sequence[Path], linted: Sequence[Source]) -> Histories:
    """Return the past of each file.

    The folder of migrations is its own past, and so is one with numbered files that is asked for or holds a linted
    file. With a given schema only the linted files of a folder come on top of it: it holds the earlier ones.
    """
    base = given.schema or Schema()
    files = [Path(source.path).absolute() for source in linted]
    only = files if given.schema is not None else None
    named = [History(folder, base) for folder in given.folders]
    folders = _with_homes([migrations, *filter(looks_ordered, asked)], files)
    return Histories([*named, *(History(folder, base, only) for folder in folders if folder.is_dir())], base)


def _with_homes(folders: list[Path], files: Sequence[Path]) -> list[Path]:
    """Return the folders, and those in which the other files have their place."""
    found = [folder.absolute() for folder in folders]
    for parent in dict.fromkeys(file.parent for file in files):
        if any(parent.is_relative_to(folder) for folder in found):
            continue
        if (home := home_of(parent)) is not None:
            found.append(home)
    return found


def _of_server(session: Session) -> GivenSchema:
    from migrator.pg.connection import connect, server_version
    from migrator.schema.catalog import read_schema

    with connect(session.dsn(), application_name="migrator/lint") as connection:
        return GivenSchema(read_schema(connection), server_version(connection) // 10_000)
