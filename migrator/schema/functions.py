"""Functions in the replay: whether a default that calls one is evaluated once per row."""

from migrator.schema.draft import Draft
from migrator.schema.parts import Function
from migrator.statements.parse import pb


def create_function(draft: Draft, statement: pb.CreateFunctionStmt) -> None:
    """Take note of the function; without a word it is VOLATILE."""
    options = {node.def_elem.defname: node.def_elem.arg.string.sval for node in statement.options}
    name = draft.name_of_parts([part.string.sval for part in statement.funcname])
    is_volatile = options.get("volatility", "volatile") == "volatile"
    draft.put_function(Function(name, is_volatile, options.get("language", "")))
