"""Facts that need the schema: what a statement costs on the columns, constraints and partitions that are there.

Called by `migrator.schema.effects` only. `migrator.statements.facts` says what the text alone can tell; each module
here makes one kind of unknown known. `tests/statements/schema_cases.toml` proves them on live servers.
"""
