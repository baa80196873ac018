"""The facts: which lock, rewrite and scan each statement costs, and what it creates, removes and renames.

`effects_of(statement, pg_version)` is the entry point. `table` maps every kind of statement to its facts; what is
not in the table is opaque, never harmless. `tests/statements` proves each entry on live servers.
"""

from migrator.statements.facts.table import effects_of

__all__ = ["effects_of"]
