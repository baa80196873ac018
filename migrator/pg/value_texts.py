"""Values of Python as the server writes them: for parameters whose type the server is to choose by the column."""

from collections.abc import Iterable

from psycopg.abc import Transformer
from psycopg.adapt import PyFormat
from psycopg.adapt import Transformer as DriversTransformer

from migrator.pg.driver import Connection


def texts_of(connection: Connection, values: Iterable[object]) -> list[str | None]:
    """Return the text of each value, None for NULL.

    Raises:
        DatabaseError: the driver has no text for a value; nothing was sent to the server.
    """
    transformer: Transformer = DriversTransformer(connection)
    return [None if value is None else _text(transformer, value) for value in values]


def _text(transformer: Transformer, value: object) -> str | None:
    if isinstance(value, str):
        return value
    data = transformer.get_dumper(value, PyFormat.TEXT).dump(value)
    return None if data is None else str(bytes(data), transformer.encoding)
