"""Names that libpg_query writes back without quotes: with them in a tree's place, its text reads as the tree does.

Called by `parse.deparse`. `ON DELETE SET NULL ("user")` came back as `SET NULL (user)`, which is no SQL.
`tests/unit/statements/test_deparse.py` writes and reads every kind of statement that the recipes make.
"""

from collections.abc import Iterator
from typing import cast

from google.protobuf.message import Message

from migrator.names import quote

_BARE = {
    "StatsElem": "name",
    "NamedArgExpr": "name",
    "JoinExpr": "join_using_alias",
    "Constraint": "fk_del_set_cols",
    "WindowDef": "name",
}
"""Kind of part -> the field whose name, or names, are written bare."""


def has_bare_names(tree: Message) -> bool:
    """Whether a name in the tree would come back without the quotes that it needs."""
    return any(quote(name) != name for _, _, name in _bare(tree))


def quote_bare_names(tree: Message) -> None:
    """Put quotes into the names themselves, in place."""
    for holder, field, name in tuple(_bare(tree)):
        setattr(holder, field, quote(name))


def _bare(tree: Message) -> Iterator[tuple[Message, str, str]]:
    """Yield what holds a bare name, the name's field there, and the name."""
    if field := _BARE.get(tree.DESCRIPTOR.name):
        yield from _names(tree, field)
    for descriptor, value in tree.ListFields():
        if descriptor.message_type is not None:
            for part in cast("list[Message]", value) if descriptor.is_repeated else [cast("Message", value)]:
                yield from _bare(part)


def _names(part: Message, field: str) -> Iterator[tuple[Message, str, str]]:
    if field == "name":
        found = [(part, field)]
    elif field == "fk_del_set_cols":
        found = [(node.string, "sval") for node in getattr(part, field)]
    else:
        found = [(getattr(part, field), "aliasname")]
    yield from ((holder, name, getattr(holder, name)) for holder, name in found if getattr(holder, name))
