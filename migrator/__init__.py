"""Schema changes to busy PostgreSQL databases with zero downtime: expand, migrate, contract.

The package is the tool: `python -m migrator` and the `migrator` command are `migrator.cli`.
Nothing is imported here, so that each command loads only what it needs.
"""

__version__ = "0.1.0"
