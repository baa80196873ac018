"""A private PostgreSQL primary with streaming replicas for the demo, tests and rehearsals."""
