"""A statement of a SQL file: its text, where it stands, and its syntax tree.

Made by `migrator.statements.parse`; read by effects, lint rules, the schema replay and the phase engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrator.statements.parse import Node


@dataclass(frozen=True, slots=True)
class Span:
    """Character offsets in the file, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment anywhere in the text, without its dashes or stars."""

    text: str
    span: Span
    line: int


@dataclass(frozen=True, slots=True)
class SharedTree:
    """The tree of many statements that differ in constants only; see `migrator.statements.bulk`."""

    shape: "Node"
    """With NULL for the constants."""
    read: Callable[[str], "Node"]
    """Makes the tree of one of them from its text."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: `text` starts at its first token and has no closing semicolon."""

    text: str
    span: Span
    line: int
    """1-based line of the first token."""
    kind: str
    """The node's name in the grammar: `alter_table_stmt`."""
    tree: "Node | SharedTree"
    """Read it as `node` or `shape`."""
    comments: tuple[str, ...] = ()
    """The comment lines directly before it, without the dashes."""

    @property
    def node(self) -> "Node":
        """The grammar's oneof: `node.alter_table_stmt` is the tree."""
        return self.tree.read(self.text) if isinstance(self.tree, SharedTree) else self.tree

    @property
    def shape(self) -> "Node":
        """The tree for those who look at no constant; of plain INSERTs in a dump, many share it."""
        return self.tree.shape if isinstance(self.tree, SharedTree) else self.tree


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A part of the file that the server's grammar does not accept."""

    message: str
    span: Span
    """The statement that could not be read."""
    line: int
    """1-based line of the offending token."""
    column: int
    """1-based character column of the offending token."""


@dataclass(frozen=True, slots=True)
class ParsedSql:
    """A SQL text: the statements that could be read, and the places that could not."""

    statements: tuple[Statement, ...]
    problems: tuple[SyntaxProblem, ...]
