"""Filling rows in checkpointed batches that pause on replication lag and prove at the end that nothing is missing."""
