"""Kinds of change, one file each, pure: a schema in, reviewed SQL files out."""
