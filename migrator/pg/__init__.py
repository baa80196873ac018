"""The only importer of psycopg: connections, sessions, bounded retries, catalog reads, lag."""
