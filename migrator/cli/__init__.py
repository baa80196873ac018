"""Thin click commands, loaded when asked for."""
