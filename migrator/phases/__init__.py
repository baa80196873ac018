"""Manifests, plans and the engine that takes a migration from one phase to the next."""
