"""SQL text becomes statements, and statements become effects: lock level per table, rewrite, scan, what is removed."""
