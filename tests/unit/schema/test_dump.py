"""pg_dump's text becomes a schema: rows and psql's lines are left out, and nothing inside quotes is taken for them."""

import pytest

from migrator.errors import InputError
from migrator.names import TableName
from migrator.schema.dump import read_dump, without_data

DUMP = r"""
\restrict abcDEF123
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE DOMAIN public.pos AS integer CONSTRAINT pos_check CHECK ((VALUE > 0));
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $_$
BEGIN
COPY x FROM stdin;
\.
  RETURN NEW; -- it's $$ here
END $_$;
CREATE TABLE public.t (
    id integer NOT NULL,
    v character varying(10) DEFAULT '
\connect inside'
);
COPY public.t (id, v) FROM stdin;
1	it's; a "trap" $$ here
2	\\N /* x
\.
SELECT pg_catalog.setval('public.t_id_seq', 2, true);
ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
\connect other
CREATE INDEX t_v ON public.t USING btree (v);
\unrestrict abcDEF123
"""


def test_a_dump_gives_its_tables_domains_and_functions() -> None:
    schema = read_dump(DUMP)

    table = schema.tables[TableName("public", "t")]
    assert [column.name for column in table.columns] == ["id", "v"]
    assert table.primary_key == ("id",)
    assert {index.name for index in table.indexes} == {"t_pkey", "t_v"}
    assert schema.domains[TableName("public", "pos")].checks == ("pos_check",)
    assert TableName("public", "f") in schema.functions
    assert schema.is_complete
    assert schema.search_path == ("public",), "a file that follows has a session of its own"
    assert not schema.empty


def test_lines_keep_their_numbers() -> None:
    kept = without_data(DUMP)

    assert kept.count("\n") == DUMP.count("\n")
    assert kept.splitlines().index("CREATE INDEX t_v ON public.t USING btree (v);") == DUMP.splitlines().index(
        "CREATE INDEX t_v ON public.t USING btree (v);"
    )
    assert "trap" not in kept
    assert "\\connect inside" in kept


def test_what_is_not_sql_is_refused_with_its_line() -> None:
    with pytest.raises(InputError, match="Line 3"):
        read_dump("SELECT 1;\n\nselec 2;\n")


def test_copy_without_an_end_hides_the_rest_and_nothing_before() -> None:
    assert without_data("CREATE TABLE t (id int);\nCOPY t FROM stdin;\n1\n2\n") == "CREATE TABLE t (id int);\n\n\n\n"
