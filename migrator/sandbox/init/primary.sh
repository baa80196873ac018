# Creates the replication role and one slot per replica (replica1, replica2, …) on a running primary.
# Run by the sandbox, and by the postgres image as /docker-entrypoint-initdb.d/20-primary.sh (which sources it).
# Needs: REPLICATION_PASSWORD, REPLICAS (their number); POSTGRES_USER when the superuser is not postgres.
set -e
: "${REPLICATION_PASSWORD:?}" "${REPLICAS:?}"

# psql reads both values itself: on its command line other users of the machine could see the password.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set replication_password `echo "$REPLICATION_PASSWORD"`
\set replicas `echo "$REPLICAS"`
CREATE ROLE replicator WITH REPLICATION LOGIN PASSWORD :'replication_password';
SELECT count(pg_create_physical_replication_slot('replica' || n)) AS slots FROM generate_series(1, :replicas) AS n \gset
SELECT pg_reload_conf() AS reloaded \gset
SQL
