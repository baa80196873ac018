"""How each kind of file is read: one module per kind, with `SUFFIXES` and `scan(path, text, known)`."""
