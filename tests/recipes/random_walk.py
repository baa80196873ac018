"""A random schema through all phases of a recipe, beside databases that were left alone or changed directly."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from psycopg import Error

from migrator.errors import RecipeRefused
from migrator.lint.history import History
from migrator.lint.runner import lint
from migrator.lint.source import read_sources
from migrator.pg.connection import Connection, connect, server_version
from migrator.recipes.folder import write_folder
from migrator.sandbox.cluster import Cluster
from migrator.schema.catalog import read_schema
from tests.fix_server import Database
from tests.recipes.portrait import portrait
from tests.recipes.random_asks import Ask
from tests.recipes.random_columns import DrawnColumn
from tests.recipes.random_writes import outcomes, rows
from tests.recipes.recipe_case import TODAY, Case
from tests.recipes.residue import residue
from tests.recipes.schema_maker import ROLES, Design
from tests.recipes.test_live import abort, backfill, dump, run, verify

_NUMBERS = count()
_NOT_ASKED = {False: {("42703",)}, True: {("42703",), ("23502",)}}
"""Refusals that need not stay: of a function that names a column that was renamed, and of what a recipe loosens."""
_UNABLE = {"42704"}
"""No operators for an index. A type whose constants this server cannot read (xml) has 0A000, and no rows."""
_REFUSED_BY_SERVER = {"0A000", "2BP01"}
"""What a column is used by lets the direct change do less than the recipe."""
_MOST_OFFERS = 9
_RESTRICTS = {"set_not_null", "add_foreign_key", "add_check", "add_unique"}
"""Kinds that refuse rows of old code, which is what they are for."""


@dataclass(frozen=True)
class Built:
    """A schema in a database of its own, of which the walks get copies."""

    server: Cluster
    name: str
    design: Design
    kept: tuple[str, ...]
    """The statements that the server took."""

    @contextmanager
    def copy(self) -> Generator[tuple[Database, Connection]]:
        """Give a copy of the database and a session in it."""
        made = Database(f"walk_{next(_NUMBERS)}", self.server)
        self.server.create_database(made.name, self.name)
        try:
            with connect(made.dsn) as connection:
                yield made, connection
        finally:
            self.server.drop_database(made.name)


@contextmanager
def built(server: Cluster, design: Design) -> Generator[Built]:
    """Make the schema; statements that the server refuses are left out."""
    made = Database(f"random_{next(_NUMBERS)}", server)
    server.create_database(made.name)
    try:
        with connect(made.dsn) as connection:
            kept = tuple(text for text in design.statements if _is_taken(connection, text))
            connection.execute("ANALYZE")
        is_usable = kept[-1] == design.statements[-1]
        columns = _present(made, design) if is_usable else ()
        yield Built(server, made.name, replace(design, columns=columns), kept)
    finally:
        server.drop_database(made.name)


@contextmanager
def roles_of(server: Cluster) -> Generator[None]:
    """Let the roles be there to which the schemas grant rights."""
    with server.primary.session() as connection:
        for role in ROLES:
            connection.execute(f'CREATE ROLE "{role}"'.encode())
        try:
            yield
        finally:
            for role in ROLES:
                connection.execute(f'DROP ROLE "{role}"'.encode())


def _is_taken(connection: Connection, text: str) -> bool:
    try:
        connection.execute(text.encode())
    except Error:
        return False
    return True


def _present(made: Database, design: Design) -> tuple[DrawnColumn, ...]:
    with connect(made.dsn) as connection:
        table = read_schema(connection).tables.get(design.table)
    return tuple(c for c in design.columns if table is not None and table.column(c.name))


class Walk:
    """One recipe on one schema."""

    def __init__(self, built: Built, ask: Ask, folder: Path) -> None:
        self.built, self.ask, self.folder = built, ask, folder
        self.design = built.design
        self.problems: list[str] = []
        self.refusal = ""

    def go(self) -> None:
        """Go there and back, back from further on, and all the way."""
        with self.built.copy() as (database, connection):
            if not self._is_hopeless():
                self.problems = list(self._phases(database, connection))

    def _is_hopeless(self) -> bool:
        """Whether the rows themselves are against the change."""
        with self.built.copy() as (_, direct):
            try:
                for text in self.ask.direct:
                    direct.execute(text.encode())
            except Error as exc:
                return str(exc.sqlstate)[:2] in ("22", "23") or exc.sqlstate in _UNABLE
        return False

    def _phases(self, database: Database, connection: Connection) -> Iterator[str]:
        before, usual = dump(database), self._writes(connection)
        try:
            files = self._render(connection)
        except RecipeRefused as exc:
            self.refusal = str(exc)
            return
        yield from self._lint()
        stage = "render"
        case = Case("", {**self.ask.arguments})
        case_id = case.migration
        try:
            stage = "expand"
            run(connection, files["expand.sql"])
            if self.ask.kind not in _RESTRICTS and not self._is_in_place():
                yield from self._as_usual("expand", usual, connection)
            stage = "abort from expanded"
            abort(connection, files["abort.sql"])
            yield from _lines("the dump after abort from expanded", before, dump(database))
            stage = "second expand"
            run(connection, files["expand.sql"])
            stage = "backfill"
            backfill(connection, case, files["migration.toml"])
            stage = "migrate"
            run(connection, files.get("migrate.sql", ""))
            if self.ask.kind not in _RESTRICTS and not self._is_in_place():
                yield from self._as_usual("migrate", usual, connection)
            stage = "verify"
            verify(connection, files)
            yield from self._against_direct(connection, "migrate")
            stage = "abort from migrated"
            abort(connection, files["abort.sql"])
            yield from _lines("the dump after abort from migrated", before, dump(database))
            stage = "last expand to migrate"
            run(connection, files["expand.sql"])
            backfill(connection, case, files["migration.toml"])
            run(connection, files.get("migrate.sql", ""))
            stage = "contract"
            run(connection, files.get("contract.sql", ""))
            yield from self._against_direct(connection, "contract")
            yield from (f"left behind: {name}" for name in residue(database.dsn) if not _is_of_user(name, before))
        except (Error, AssertionError) as exc:
            yield f"{stage} of {case_id}: {type(exc).__name__} {exc}"

    def _told(self, connection: Connection) -> str:
        """Return the portrait; a change of type keeps how a column is stored, which the server's own forgets."""
        changed = (self.ask.arguments.get("column"), self.ask.arguments.get("to"))
        own = [f".{name}: " for name in changed if self.ask.kind == "change_column_type" and name]
        return "\n".join(line for line in portrait(connection) if not any(name in line for name in own))

    def _as_usual(self, phase: str, usual: Mapping[str, tuple[str, ...]], connection: Connection) -> Iterator[str]:
        is_looser = self.ask.kind == "drop_column"
        yield from _differences(f"old code after {phase}", usual, self._writes(connection), is_looser=is_looser)

    def _is_in_place(self) -> bool:
        return self.ask.kind == "change_column_type" and not self.ask.renamed

    def _writes(self, connection: Connection) -> Mapping[str, tuple[str, ...]]:
        if self.ask.kind == "drop_table":
            return {}
        return outcomes(connection, self.design, self._about())

    def _about(self) -> tuple[str, ...]:
        named = self.ask.arguments.get("column") or self.ask.arguments.get("from")
        return (named,) if named else tuple(c.name for c in self.design.columns[:1])

    def _render(self, connection: Connection) -> Mapping[str, str]:
        """Render; what a refusal offers to drop along is named and asked for again."""
        self.schema, self.version = read_schema(connection), server_version(connection) // 10000
        arguments = dict(self.ask.arguments)
        for _ in range(_MOST_OFFERS):
            recipe = Case("", arguments).recipe
            try:
                rendering = recipe.render(self.schema, recipe.migration_id(TODAY), self.version)
            except RecipeRefused as exc:
                offered = _offered(str(exc))
                if not offered or set(offered) <= set(arguments.get("also_drop", ())):
                    raise
                arguments["also_drop"] = [*arguments.get("also_drop", ()), *offered]
            else:
                write_folder(self.folder, recipe.migration_id(TODAY), rendering)
                return rendering.files
        raise AssertionError(f"it asks for more and more: {arguments}")

    def _lint(self) -> Iterator[str]:
        report = lint(read_sources([self.folder]), self.version, past=History(None, self.schema))
        yield from (f"lint: {finding}" for finding in report.findings)

    def _against_direct(self, connection: Connection, phase: str) -> Iterator[str]:
        """Compare with the change that the server does at once."""
        if not self.ask.direct:
            return
        with self.built.copy() as (_, direct):
            try:
                for text in self.ask.direct:
                    direct.execute(text.encode())
            except Error as exc:
                if phase == "contract" and exc.sqlstate not in _REFUSED_BY_SERVER:
                    yield f"direct: the server refuses what we did: {exc}"
                return
            is_done = phase == "contract"
            if is_done:
                yield from _lines("the schema", *(self._told(who) for who in (direct, connection)))
            if self.ask.kind in ("drop_table", "rename_table") or (self.ask.kind == "drop_column" and not is_done):
                return
            gone = self._about() if self.ask.kind == "drop_column" else ()
            names = self.ask.renamed
            yield from _lines(
                f"rows after {phase}",
                "\n".join(rows(direct, self.design, names, gone)),
                "\n".join(rows(connection, self.design, names, gone)),
            )
            if not gone:
                about = self._about()
                expected = outcomes(direct, self.design, about, names, defaults=is_done)
                found = outcomes(connection, self.design, about, names, defaults=is_done)
                yield from _differences(f"new code after {phase}", expected, found)


def _offered(text: str) -> list[str]:
    """Return what a refusal offers to drop along with --also-drop."""
    if "--also-drop" not in text:
        return []
    found = re.search(r"would go with [^:]*?: (.*?)\. Name each", text, re.DOTALL)
    if found:
        return found[1].split(", ")
    return re.findall(r"--also-drop (\S+?)(?:;|\.? |\.$|$)", text)


def _is_of_user(name: str, before: str) -> bool:
    """A copy of a constraint that is not valid is none either."""
    return name.rsplit(" ", 1)[-1] in before or ("not valid" in name and "NOT VALID" in before)


def _differences(
    what: str,
    expected: Mapping[str, tuple[str, ...]],
    found: Mapping[str, tuple[str, ...]],
    *,
    is_looser: bool = False,
) -> Iterator[str]:
    for name, wanted in expected.items():
        if found.get(name) != wanted and wanted not in _NOT_ASKED[is_looser]:
            yield f"{what}, statement {name}: " + " | ".join(_lines("", "\n".join(wanted), "\n".join(found[name])))


def _lines(what: str, expected: str, found: str) -> Iterator[str]:
    if expected != found:
        wanted, seen = expected.splitlines(), found.splitlines()
        lost = [f"- {line}" for line in wanted if line not in seen]
        more = [f"+ {line}" for line in seen if line not in wanted]
        if lost or more or sorted(wanted) != sorted(seen):
            yield f"{what}:\n" + "\n".join([*lost[:6], *more[:6]])
