# Copies the primary into an empty data directory, then runs the command that it was given.
# Run by the sandbox before a replica's first start, and by docker-compose as the replica's entrypoint.
# Needs: PGDATA, PRIMARY_HOST, PRIMARY_PORT, REPLICATION_PASSWORD, REPLICA_NAME (its slot and application_name).
set -eu

PGPASSWORD="$REPLICATION_PASSWORD"
export PGPASSWORD

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # In docker-compose the primary may still be starting: ask for a minute, then let the copy say what is wrong.
    attempts=0
    until pg_isready --quiet --host "$PRIMARY_HOST" --port "$PRIMARY_PORT" || [ "$attempts" -ge 60 ]; do
        attempts=$((attempts + 1))
        sleep 1
    done
    pg_basebackup --pgdata "$PGDATA" --checkpoint fast --no-sync --wal-method stream --slot "$REPLICA_NAME" \
        --write-recovery-conf --dbname \
        "host=$PRIMARY_HOST port=$PRIMARY_PORT user=replicator application_name=$REPLICA_NAME"
    chmod 0700 "$PGDATA"
fi

unset PGPASSWORD
exec "$@"
