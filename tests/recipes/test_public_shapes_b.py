"""Shapes of large applications written in Go, Rust, Java, JavaScript and .NET that the cases of the recipes had not."""

from migrator.pg.connection import connect
from tests.fix_server import Database
from tests.phases.looking import scalar


def test_queries_of_the_catalog_are_not_compiled(one_database: Database) -> None:
    """With hundreds of indexes their estimated cost is high enough for it, and it takes a second each time."""
    with connect(one_database.dsn) as connection:
        assert scalar(connection, "SELECT current_setting('jit')") == "off"
