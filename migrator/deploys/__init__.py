"""Which versions of the applications run: heartbeats and `application_name` patterns."""
