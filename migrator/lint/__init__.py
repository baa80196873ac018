"""Reads SQL files and reports what locks, breaks or loses, with what to write instead."""
