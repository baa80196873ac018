"""SQL text that is neither a literal of our code nor a value, as a part of a composed statement.

`psycopg.sql.SQL` takes only literals of our own code, which is right. A manifest's expression is neither a literal
nor a value: it has been parsed (see `migrator.backfill.spec`), so that no second statement can hide in it. A type's
name comes from the server itself.
"""

from psycopg.abc import AdaptContext

from migrator.pg.driver import sql


class TypeName(sql.Composable):
    """A type as `format_type` prints it, quoted and with its length: `character varying(20)`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        """Return the text in the session's encoding."""
        return self.text.encode(_encoding(context))


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
        return f"(\n{self.text}\n)".encode(_encoding(context))


class Script(sql.Composable):
    """A part of a reviewed statement, as it stands; parsed as a whole before (`migrator.backfill.spec`)."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        """Return the text in the session's encoding."""
        return self.text.encode(_encoding(context))


def _encoding(context: AdaptContext | None) -> str:
    connection = context.connection if context else None
    return connection.info.encoding if connection else "utf-8"
