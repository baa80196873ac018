"""A schema in memory, from migration files in order or from a live catalog; lint and recipes ask it about columns."""
