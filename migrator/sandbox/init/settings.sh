# Writes the settings and the access rule for replicas into a new data directory, before its first real start.
# Run by the sandbox, and by the postgres image as /docker-entrypoint-initdb.d/10-settings.sh (which sources it).
# Needs: PGDATA, SANDBOX_INIT (the folder of server.conf).
set -e
: "${PGDATA:?}" "${SANDBOX_INIT:?}"  # not set -u: it would stay on in the image's script, which was not written for it

cat "$SANDBOX_INIT/server.conf" >> "$PGDATA/postgresql.conf"

# The module comes with PostgreSQL's contrib package, which not every server has.
if [ -e "$(pg_config --pkglibdir)/pg_stat_statements.so" ]; then
    echo "shared_preload_libraries = 'pg_stat_statements'" >> "$PGDATA/postgresql.conf"
fi

# "all" in the image's own rule does not include replication.
echo "host replication replicator all scram-sha-256" >> "$PGDATA/pg_hba.conf"
