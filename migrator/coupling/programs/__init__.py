"""Migrations that are programs, one module per family of tools; `migrator.coupling.frameworks` asks them."""
