"""Conditions to enter a phase: one file per kind of evidence; each answers open, closed or unknown with a reason."""
