"""Gates, metrics and the status page over HTTP (extra `web`): reads the database, changes nothing in it by itself."""
