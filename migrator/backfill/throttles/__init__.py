"""What makes a backfill wait: one file per reason, found by `pkgutil`; each says why in words."""
