"""The rules of the coupling check, one file each: `CODE` and `NAME`, `LEVEL` how grave, and `check` yields findings."""
