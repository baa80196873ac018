"""`migrator coupling check` as a person and as CI runs it, on real repositories."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.coupling.checking import ADD, EXPAND, POLICY, check, verdict
from tests.coupling.repositories import Repo


def test_the_printed_commands_split_the_branch(feature: Repo, tmp_path: Path) -> None:
    origin = feature.clone(tmp_path / "origin.git", "--bare")
    feature.git("remote", "add", "origin", str(origin.path))
    done = check(feature, "--base", "main")
    assert done.returncode == 1
    assert "Schema and application code cannot ship in the same release." in done.stdout
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  git ")]
    for command in commands:
        subprocess.run(command, shell=True, check=True, cwd=feature.path, capture_output=True)  # noqa: S602 as printed
    assert verdict(feature, "--base", "main")["verdict"] == "pass"
    assert feature.git("diff", "--name-only", "main", "HEAD") == EXPAND


def test_code_alone_passes_and_tells_what_it_saw(repo: Repo) -> None:
    repo.commit({"src/app.py": "x = 1\n"})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"src/app.py": "x = 2\n"})
    found = verdict(repo, "--base", "main")
    assert (found["verdict"], found["exit"], found["schema_version"]) == ("pass", 0, 1)
    assert found["files"] == [
        {"path": "src/app.py", "status": "modified", "old_path": None, "class": "app", "phase": None}
    ]
    assert {"scope", "base", "head", "merge_base", "findings", "override", "evidence"} <= found.keys()


def test_the_evidence_repeats_the_verdict_anywhere(feature: Repo, tmp_path: Path) -> None:
    first = verdict(feature, "--base", "main")
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(first["evidence"]))
    empty = Repo(tmp_path / "empty")
    empty.path.mkdir()
    again = verdict(empty, "--evidence", str(file))
    assert again == first


def test_two_clean_pull_requests_in_one_release(feature: Repo) -> None:
    feature.git("switch", "--quiet", "-c", "release", "main")
    feature.commit({EXPAND: ADD})
    assert verdict(feature, "--base", "main")["verdict"] == "pass"
    feature.commit({"src/app.py": "x = 2\n"})
    assert verdict(feature, "--base", "HEAD~1")["verdict"] == "pass"
    found = verdict(feature, "--range", "main..HEAD")
    assert (found["scope"], found["exit"]) == ("release", 1)
    assert {finding["rule"] for finding in found["findings"]} == {"CPL002"}


CI = {
    "github": ({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": "EVENT"}, "Set `fetch-depth: 0` on actions/checkout."),
    "gitlab": (
        {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "BASE"},
        "Set the variable `GIT_DEPTH: 0` for this job.",
    ),
    "bitbucket": (
        {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_BRANCH": "main"},
        "Set `clone: depth: full` in bitbucket-pipelines.yml.",
    ),
    "azure": (
        {"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
        "Set `fetchDepth: 0` on the checkout step.",
    ),
    "jenkins": ({"JENKINS_URL": "x", "CHANGE_TARGET": "main", "CHANGE_ID": "7"}, "Switch shallow clones off"),
    "circleci": (
        {"CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "https://forge/org/shop/pull/7"},
        "Set `method: full` on the checkout step.",
    ),
}


def environment_of(feature: Repo, folder: Path, name: str) -> dict[str, str]:
    base, head = (feature.git("rev-parse", ref) for ref in ("main", "feature"))
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": base}, "head": {"sha": head}}}))
    given = {"EVENT": str(event), "BASE": base}
    return {key: given.get(value, value) for key, value in CI[name][0].items()}


@pytest.mark.parametrize(
    "name", [n if n in {"github", "azure"} else pytest.param(n, marks=pytest.mark.thorough) for n in CI]
)
def test_each_ci_is_recognised(feature: Repo, tmp_path: Path, name: str) -> None:
    """A whole clone is judged, a shallow one is unknown with the fix of this CI."""
    environment = environment_of(feature, tmp_path, name)
    whole = feature.clone(tmp_path / "whole")
    whole.git("remote", "set-head", "origin", "main")
    found = verdict(whole, **environment)
    assert (found["exit"], found["scope"]) == (1, "pull-request")
    shallow = feature.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch")
    shallow.git("remote", "set-head", "origin", "main")
    done = check(shallow, **environment)
    assert done.returncode == 3, done.stdout + done.stderr
    assert CI[name][1] in done.stdout
    feature.git("switch", "--quiet", "feature")
    single = feature.clone(tmp_path / "single", "--single-branch")
    single.git("update-ref", "-d", "refs/remotes/origin/HEAD")
    if name in {"bitbucket", "azure", "jenkins", "circleci"}:
        done = check(single, **environment)
        assert done.returncode == 3, done.stdout + done.stderr
        assert ("Give --base or --range" if name == "circleci" else "has not fetched it") in done.stdout
        assert name == "circleci" or CI[name][1] in done.stdout


def test_a_clone_without_a_default_branch_says_what_to_give(feature: Repo) -> None:
    done = check(feature)
    assert (done.returncode, "--base REF" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--base", "nowhere"],
        ["--range", "main"],
        ["--range", "..feature"],
        ["--range", "main..feature", "--base", "main"],
        ["--evidence", "migrator.toml"],
        ["--evidence", "none.json"],
        ["--evidence", "x", "--base", "main"],
        ["--base", "main", "--output", "nothing"],
    ],
)
def test_wrong_input(feature: Repo, arguments: list[str]) -> None:
    done = check(feature, *arguments)
    assert done.returncode == 2, done.stdout
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_outside_of_a_repository(tmp_path: Path) -> None:
    done = check(Repo(tmp_path), "--base", "main")
    assert (done.returncode, "not a git repository" in done.stderr) == (2, True)


def test_the_policy_of_the_base_judges(feature: Repo) -> None:
    loose = POLICY + '[coupling]\nneutral = ["src/**"]\n'
    feature.commit({"migrator.toml": loose})
    found = verdict(feature, "--base", "main")
    assert sorted({finding["rule"] for finding in found["findings"]}) == ["CPL001", "CPL011"]


def test_a_base_whose_policy_cannot_be_read_is_unknown(repo: Repo) -> None:
    repo.commit({"migrator.toml": "[coupling]\nmode = 'whatever'\n"})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"migrator.toml": "[coupling]\n", EXPAND: ADD})
    done = check(repo, "--base", "main")
    assert done.returncode == 3
    assert "The configuration at the base" in done.stdout
    assert "mode: Input should be 'strict' or 'phase-aware'" in done.stdout


@pytest.mark.parametrize("file", ["migrator.toml", "pyproject.toml"])
def test_a_change_that_breaks_the_configuration(repo: Repo, file: str) -> None:
    section = "tool.migrator.backfill" if file == "pyproject.toml" else "backfill"
    repo.commit({file: f"[{section}]\nmax_lag = '2s'\n"})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({file: f"[{section}]\nmax_leg = '2s'\n"})
    done = check(repo, "--base", "main")
    assert done.returncode == 2
    assert "backfill.max_leg: unknown key" in done.stderr


def test_a_rename_of_code_into_the_migrations(repo: Repo) -> None:
    text = "".join(f"SELECT {number};\n" for number in range(40))
    repo.commit({"src/report.sql": text})
    repo.git("switch", "--quiet", "-c", "feature")
    (repo.path / "migrations").mkdir()
    repo.git("mv", "src/report.sql", "migrations/0001_report.sql")
    repo.commit()
    found = verdict(repo, "--base", "main")
    assert {file["path"] for file in found["files"]} == {"src/report.sql", "migrations/0001_report.sql"}
    assert found["exit"] == 1


@pytest.mark.parametrize("name", ["src/größe.py", 'src/quo"te.py', "src/two words.py"])
def test_odd_names(repo: Repo, name: str) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({EXPAND: ADD, name: "x = 1\n"})
    found = verdict(repo, "--base", "main")
    assert [finding["path"] for finding in found["findings"]] == [name]


def test_ddl_outside_of_the_migrations(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"rust/store/0001.sql": "SELECT 1;\nCREATE TABLE a (id int);\n"})
    (finding,) = verdict(repo, "--base", "main")["findings"]
    assert (finding["rule"], finding["line"]) == ("CPL005", 2)


def test_an_applied_migration_is_edited(repo: Repo) -> None:
    repo.commit({"db/migrate/0001_a.sql": ADD})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"db/migrate/0001_a.sql": ADD.replace("mail", "email")})
    (finding,) = verdict(repo, "--base", "main")["findings"]
    assert finding["rule"] == "CPL006"


def test_new_ddl_in_a_string_of_code(repo: Repo) -> None:
    old = 'def a(cur):\n    cur.execute("CREATE TABLE old (id int)")\n'
    repo.commit({"src/a.py": old, "src/b.ts": "export const x = 1;\n"})
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit({"src/a.py": f"import os\n{old}"})
    assert verdict(repo, "--base", "main")["findings"] == []
    new = '    cur.execute("ALTER TABLE users ADD COLUMN mail text")\n'
    repo.commit({"src/a.py": f"{old}{new}", "src/b.ts": 'export const x = "ALTER TABLE " + y;\n'})
    found = verdict(repo, "--base", "main")
    told = [(f["rule"], f["severity"], f["path"], f["line"]) for f in found["findings"]]
    assert (found["exit"], told) == (1, [("CPL005", "error", "src/a.py", 3), ("CPL005", "warning", "src/b.ts", 1)])
    assert "ALTER TABLE users ADD COLUMN mail text" in found["findings"][0]["message"]
    repo.commit({"src/a.py": old})
    assert verdict(repo, "--base", "main")["exit"] == 0


def test_ddl_in_tests_and_unclassified_alter(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "feature")
    repo.commit(
        {"tests/test_a.py": 'x = "DROP TABLE users"\n', "tools/wide.sql": "ALTER TABLE a ALTER b TYPE bigint;\n"}
    )
    (finding,) = verdict(repo, "--base", "main")["findings"]
    assert (finding["rule"], finding["path"]) == ("CPL005", "tools/wide.sql")


@pytest.mark.parametrize("mode", ["strict", "phase-aware"])
def test_the_code_that_needs_the_expand_is_named_by_line_and_column(feature: Repo, mode: str) -> None:
    feature.git("switch", "--quiet", "main")
    feature.commit({"migrator.toml": f'[coupling]\nmode = "{mode}"\n'})
    feature.git("switch", "--quiet", "feature")
    feature.git("rebase", "--quiet", "main")
    feature.commit({"src/app.py": "import os\n\nx = 'SELECT mail FROM users'\n"})
    (finding,) = verdict(feature, "--base", "main")["findings"]
    assert (finding["rule"], finding["path"], finding["line"], finding["column"]) == ("CPL001", "src/app.py", 3, 13)
    assert "src/app.py:3:13 uses public.users.mail (exact), which" in finding["message"]


def test_a_name_with_a_line_break_begins_no_line_of_its_own(feature: Repo, tmp_path: Path) -> None:
    """A job's log is read for commands: `::stop-commands::` at the start of a line would be one."""
    name = "migrations/20260902_x/a\n::stop-commands::x\n'b.sql"
    feature.commit({name: ADD})
    files = {form: tmp_path / form for form in ("markdown", "gcc", "github", "junit")}
    done = check(feature, "--base", "main", *(word for f, at in files.items() for word in ("--output", f"{f}={at}")))
    for text in (done.stdout, *(at.read_text() for at in files.values())):
        assert "\n::stop-commands" not in text
    commands = [line.strip() for line in done.stdout.splitlines() if line.startswith("  git checkout")]
    feature.git("switch", "--quiet", "--detach", "main")
    subprocess.run(["bash", "-c", commands[0]], cwd=feature.path, check=True)
    assert name in feature.git("status", "--porcelain", "-z")


def test_a_long_file_of_rows_is_not_parsed(repo: Repo) -> None:
    """The grammar took seven minutes for 150 MB; a line that begins with DDL is found all the same."""
    repo.git("switch", "--quiet", "-c", "feature")
    rows = "INSERT INTO users VALUES (1, 'eve@example.org');\n" * 60_000
    repo.commit({"data/rows.sql": rows, "data/dump.sql": rows + "CREATE TABLE users (id int);\n"})
    found = verdict(repo, "--base", "main")
    assert [(f["rule"], f["path"]) for f in found["findings"]] == [("CPL005", "data/dump.sql")]
    assert "60001" in json.dumps(found["findings"])
