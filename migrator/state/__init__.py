"""What survives a crash: migrations, steps, backfills and approvals in the schema `migrator` of the target database."""
