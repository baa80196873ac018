"""One file per rule; `ls` is the list. See `migrator.lint.rule` for what a file holds."""
