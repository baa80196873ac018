"""Input that nobody wants: a finding or a clear message, never a traceback, never "clean" for what was not read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lint.fix_command import ROOT, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


def places(project: Path, data: bytes) -> list[tuple[int, str]]:
    (project / "a.sql").write_bytes(data)
    done = run("a.sql", "--format", "json", cwd=project)
    assert done.stderr == b""
    return [(finding["line"], finding["rule"]) for finding in json.loads(done.stdout)["findings"]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"SELECT 1;\nSELECT 'a;\nDROP TABLE t;\n", [(2, "syntax-error")]),
        (b'SELECT 1;\nSELECT "a;\nDROP TABLE t;\n', [(2, "syntax-error")]),
        (b"SELECT 1;\nDO $$ begin;\nDROP TABLE t;\n", [(2, "syntax-error")]),
        (b"SELECT 1;\n/* open\nDROP TABLE t;\n", [(2, "syntax-error")]),
        (b"\xef\xbb\xbfTRUNCATE t;\r\nTRUNCATE u;\r\n", [(1, "truncate"), (2, "truncate")]),
        (b"SELECT 1;\r\nTRUNCATE\r\n  t;\r\n", [(2, "truncate")]),
        (b"TRUNCATE t;\x00TRUNCATE u;", [(1, "syntax-error"), (1, "truncate"), (1, "truncate")]),
        (b"\\c other\nTRUNCATE t;\n\\copy t from 'x'\n", [(1, "syntax-error"), (2, "truncate"), (3, "syntax-error")]),
        (b";;;\n;", []),
        (b"-- nothing\n", []),
        (b"", []),
        ('TRUNCATE "größe\U0001f600"; selec'.encode(), [(1, "syntax-error"), (1, "truncate")]),
        (b"(" * 5000 + b"SELECT 1" + b")" * 5000, []),
    ],
    ids=range(13),
)
def test_findings(project: Path, data: bytes, expected: list[tuple[int, str]]) -> None:
    assert sorted(places(project, data)) == expected


META = b"""\\restrict abc
\\c other
\\copy t from x
\\i b.sql
SELECT 'DROP TABLE t' \\gexec
\\if :x
TRUNCATE t;
\\endif
"""


def test_psqls_own_commands_are_named_with_what_they_hide(project: Path) -> None:
    (project / "a.sql").write_bytes(META)
    lines = run("a.sql", "--output", "gcc", cwd=project).stdout.decode().splitlines()
    words = ["changes nothing", "another database", "copies rows", "runs another file", "runs each value", "decides"]
    for number, word in enumerate(words, 1):
        assert lines[number - 1].startswith(f"a.sql:{number}:1: {'warning' if number in (1, 6) else 'error'}: `\\")
        assert word in lines[number - 1]
    assert [line.split(":")[1] for line in lines[6:]] == ["7", "8"]


@pytest.mark.parametrize(
    "head",
    ["CREATE FUNCTION f() RETURNS int", "CREATE PROCEDURE f()", "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql"],
)
@pytest.mark.parametrize(
    "body", ["", " BEGIN ATOMIC SELECT 1; END", " RETURN 1", " AS 'a', 'b'", " AS ''", " AS 'selec'"]
)
def test_bodies_of_every_form_are_read_or_left_alone(project: Path, head: str, body: str) -> None:
    assert (2, "truncate") in places(project, f"{head}{body}; SELECT f(); CALL f();\nTRUNCATE t;".encode())


@pytest.mark.parametrize(
    "text", ["DO LANGUAGE plpgsql;", "DO '';", "DO 'selec' LANGUAGE sql;", "DO 'x' LANGUAGE plperl;"]
)
def test_blocks_of_every_form_are_read_or_left_alone(project: Path, text: str) -> None:
    assert (2, "truncate") in places(project, f"{text}\nTRUNCATE t;".encode())


def test_what_is_not_closed_says_that_it_hides_the_rest(project: Path) -> None:
    (project / "a.sql").write_text("SELECT 1;\nDO $$ begin;\nDROP TABLE t;\n")
    done = run("a.sql", cwd=project)
    assert b"nothing of the 2 lines behind it is read" in done.stdout


def test_a_body_without_its_end_hides_nothing(project: Path) -> None:
    body = b"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC\n SELECT 1;\n"
    assert places(project, body + b"TRUNCATE t;\nSELECT 2;\n") == [(1, "syntax-error"), (3, "truncate")]
    rule = b"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2;\n"
    assert places(project, rule + b"TRUNCATE t;\n") == [(1, "syntax-error"), (2, "truncate")]
    assert places(project, b"selec;\n" + body + b"END;\nTRUNCATE t;\n") == [(1, "syntax-error"), (5, "truncate")]


DUMP = b"""\\restrict AbC
CREATE TABLE public.t (a integer, b text);
COPY public.t (a, b) FROM stdin;
1\tit's a quote
2\t$$ and ; and /* in a row
\\.

COPY public.u FROM STDIN WITH (FORMAT csv);
"
\\.
TRUNCATE public.u;
"""


def test_rows_of_a_dump_are_not_sql(project: Path) -> None:
    assert places(project, DUMP) == [(1, "syntax-error"), (11, "truncate")]
    assert places(project, DUMP.replace(b"\n", b"\r\n")) == [(1, "syntax-error"), (11, "truncate")]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("latin.sql", "SELECT 1;\n-- größer".encode("latin-1"), "latin.sql is not UTF-8: byte 15 on line 2."),
        ("wide.sql", "SELECT 1;".encode("utf-16"), "wide.sql is not UTF-8: byte 0 on line 1."),
        ("binary.sql", bytes(range(256)), "binary.sql is not UTF-8"),
    ],
)
def test_what_is_not_utf8_does_not_hide_the_other_files(project: Path, name: str, data: bytes, message: str) -> None:
    (project / name).write_bytes(data)
    (project / "z.sql").write_text("TRUNCATE t;")
    done = run(".", "--output", "gcc", "--output", "json=out.json", cwd=project)
    assert done.returncode == 2
    assert message in done.stderr.decode()
    assert done.stdout.startswith(b"z.sql:1:1: error:")
    report = json.loads((project / "out.json").read_text())
    assert message in report["unread"][0]["situation"]


@pytest.mark.parametrize("name", ["missing.sql", "empty", "no*.sql", "bad\nname.sql"])
def test_what_is_not_there_is_said(project: Path, name: str) -> None:
    (project / "empty").mkdir()
    done = run(name, cwd=project)
    assert (done.returncode, b"Traceback" in done.stderr) == (2, False)
    assert done.stderr.startswith(b"migrator: ")


def test_a_file_that_may_not_be_read(project: Path) -> None:
    os.mkfifo(project / "a.sql")
    (project / "b.sql").symlink_to("nowhere.sql")
    (project / "c.sql").write_text("TRUNCATE t;")
    done = run(".", "--output", "gcc", cwd=project)
    assert (done.returncode, done.stdout.count(b"\n")) == (1, 1)


def test_a_name_that_is_not_utf8(project: Path) -> None:
    (project / os.fsdecode(b"\xff.sql")).write_text("TRUNCATE t;")
    for name in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "gcc"):
        done = run(".", "--output", name, cwd=project)
        assert (done.returncode, done.stderr) == (1, b""), name


def test_a_closed_pipe_is_silent(project: Path) -> None:
    (project / "a.sql").write_text("TRUNCATE t;\n" * 5000)
    for words in ([], ["--effects"], ["--output", "json"]):
        command = [sys.executable, "-m", "migrator", "lint", "a.sql", *words]
        with subprocess.Popen(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait() == 141


def test_a_dump_of_many_megabytes(project: Path) -> None:
    row = b"1\tit's some text of a row that is rather long, and goes on for a while\n"
    (project / "a.sql").write_bytes(b"COPY t FROM stdin;\n" + row * 300_000 + b"\\.\nTRUNCATE t;\n")
    done = run("a.sql", "--output", "gcc", cwd=project)
    assert (done.returncode, done.stdout.startswith(b"a.sql:300003:1: error:")) == (1, True)


WHOLE_DUMP = """--
-- PostgreSQL database dump
--

SET lock_timeout = 0;
CREATE TABLE public.t (a integer);
ALTER TABLE public.t OWNER TO postgres;
CREATE SEQUENCE public.s;
ALTER SEQUENCE public.s OWNER TO postgres;
COPY public.t (a) FROM stdin;
1
\\.

ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (a);
CREATE INDEX t_a_idx ON public.t USING btree (a);
ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.t(a);
"""


def test_a_dump_is_loaded_where_nobody_waits(project: Path) -> None:
    assert places(project, WHOLE_DUMP.encode()) == []
    rules = {rule for _, rule in places(project, WHOLE_DUMP.replace("PostgreSQL database dump", "a script").encode())}
    assert {"add-primary-key", "create-index-non-concurrent", "add-fk-not-valid"} <= rules
    assert (1, "truncate") in places(project, f"TRUNCATE public.old;\n{WHOLE_DUMP}".encode())
