"""SQL text written by a person in a reviewed file, as a part of a composed statement.

`psycopg.sql.SQL` takes only literals of our own code, which is right. A manifest's expression is neither a literal
nor a value: it has been parsed (see `migrator.backfill.spec`), so that no second statement can hide in it.
"""

from psycopg.abc import AdaptContext

from migrator.pg.driver import sql


class Fragment(sql.Composable):
    """An expression of a reviewed file, in parentheses.

    The newlines end a trailing `--` comment inside the parentheses. The composed statement must run without
    parameters (values as `sql.Literal`): with them a `%` of the text would start a placeholder.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        """Return the text in the session's encoding."""
        connection = context.connection if context else None
        encoding = connection.info.encoding if connection else "utf-8"
        return f"(\n{self.text}\n)".encode(encoding)
