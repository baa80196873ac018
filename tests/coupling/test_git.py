"""Git facts on real repositories: renames, odd names, deletes, submodules, shallow clones."""

import os
from pathlib import Path
from shutil import which

import pytest

from migrator.errors import InputError
from migrator.git import HistoryMissing, Repository, trailers_of
from tests.coupling.repositories import Repo, make_repo

TEXT = "".join(f"line {number}\n" for number in range(30))


def changes(repo: Repo, old: str, new: str) -> dict[str, tuple[str, str | None, int]]:
    found = Repository(repo.path).changes(old, new)
    return {change.path: (change.status, change.old_path, change.line) for change in found}


def test_both_sides_of_a_rename_and_the_first_added_line(repo: Repo) -> None:
    old = repo.commit({"app/schema.py": TEXT, "a.py": TEXT, "gone.py": "x\n", "same.py": "x\n"})
    (repo.path / "app/schema.py").unlink()
    (repo.path / "gone.py").unlink()
    new = repo.commit(
        {"migrations/schema.py": TEXT, "a.py": TEXT.replace("line 20\n", "line 20\nmore\n"), "b.py": "1\n"}
    )
    assert changes(repo, old, new) == {
        "migrations/schema.py": ("renamed", "app/schema.py", 1),
        "a.py": ("modified", None, 22),
        "gone.py": ("deleted", None, 1),
        "b.py": ("added", None, 1),
    }


@pytest.mark.parametrize("name", ["größe/Übersicht.sql", 'quo"te.sql', "tab\there.sql", "new\nline.sql", " lead.sql"])
def test_names_are_read_as_they_are(repo: Repo, name: str) -> None:
    old = repo.git("rev-parse", "HEAD")
    new = repo.commit({name: "SELECT 1;\n"})
    assert changes(repo, old, new) == {name: ("added", None, 1)}
    blobs = Repository(repo.path).files(new)
    assert [blob.path for blob in blobs] == [name]
    assert dict(Repository(repo.path).contents([blobs[0].id])) == {blobs[0].id: b"SELECT 1;\n"}


def test_many_files_are_read_at_once(repo: Repo) -> None:
    names = ["a.sql", "odd name 5", "x blob 3", "new\nline.sql", "größe.sql", "empty"]
    commit = repo.commit({name: "" if name == "empty" else f"{name}\n" for name in names} | {"folder/a": "x"})
    found = Repository(repo.path).read_all(commit, [*names, "folder", "gone", "gone blob 5", "gone\n"])
    assert found == {
        **{name: b"" if name == "empty" else f"{name}\n".encode() for name in names},
        **dict.fromkeys(("folder", "gone", "gone blob 5", "gone\n")),
    }


def test_a_name_that_is_no_utf8(repo: Repo) -> None:
    old = repo.git("rev-parse", "HEAD")
    Path(os.fsdecode(os.fsencode(repo.path) + b"/\xff.sql")).write_text("x")
    new = repo.commit()
    assert [os.fsencode(path) for path in changes(repo, old, new)] == [b"\xff.sql"]


def test_content_that_looks_like_a_patch_and_a_changed_type(repo: Repo) -> None:
    old = repo.commit({"a.txt": "x\n", "link": "y\n", "z.txt": "1\n2\n"})
    (repo.path / "link").unlink()
    (repo.path / "link").symlink_to("a.txt")
    new = repo.commit({"a.txt": "x\n\rdiff --git a/b b/b\ndiff --git a/b b/b\n@@ -1 +9 @@\n", "z.txt": "1\n2\n3\n"})
    assert changes(repo, old, new) == {
        "a.txt": ("modified", None, 2),
        "link": ("type-changed", None, 1),
        "z.txt": ("modified", None, 3),
    }


def test_a_users_settings_change_nothing(repo: Repo) -> None:
    old = repo.commit({"a.py": TEXT})
    (repo.path / "a.py").unlink()
    new = repo.commit({"b.py": TEXT + "more\n"})
    settings = {
        "diff.renames": "false",
        "diff.noprefix": "true",
        "color.ui": "always",
        "diff.relative": "true",
        "diff.orderFile": "/nowhere",
        "diff.interHunkContext": "9",
        "log.diffMerges": "combined",
        "log.showSignature": "true",
        "i18n.logOutputEncoding": "UTF-16",
        "core.attributesFile": "/nowhere",
    }
    for key, value in settings.items():
        repo.git("config", key, value)
    repo.git("config", "diff.external", "false")
    assert changes(repo, old, new) == {"b.py": ("renamed", "a.py", 31)}
    assert [step.paths for step in Repository(repo.path).steps(old, new)] == [("a.py", "b.py")]


def test_variables_change_nothing(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    old = repo.commit({"a.py": TEXT})
    new = repo.commit({"a.py": TEXT.replace("line 20\n", "line 20\nmore\n")})
    for name, value in {"GIT_DIFF_OPTS": "-u9", "GIT_EXTERNAL_DIFF": "false", "GIT_TRACE": "1"}.items():
        monkeypatch.setenv(name, value)
    assert changes(repo, old, new) == {"a.py": ("modified", None, 22)}


def test_what_stands_in_for_a_commit_here_is_in_no_other_clone(repo: Repo) -> None:
    first = repo.git("rev-parse", "HEAD")
    commits = [repo.commit({name: "1"}) for name in ("a", "b")]
    repo.git("replace", commits[0], repo.git("commit-tree", "-m", "other", f"{commits[0]}^{{tree}}"))
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/grafts").write_text(f"{commits[1]}\n")
    assert Repository(repo.path).is_ancestor(first, commits[1])


def test_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    old = repo.git("rev-parse", "HEAD")
    new = repo.commit({"größe.sql": "1"})
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    assert changes(bare, old, new) == {"größe.sql": ("added", None, 1)}
    assert Repository(bare.path).top == bare.path.resolve()


def test_a_clone_without_contents_that_cannot_reach_its_remote_is_incomplete(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    old, new = repo.commit({"a.py": TEXT}), repo.commit({"a.py": "x\n"})
    clone = repo.clone(tmp_path / "blobless", "--filter=blob:none", "--no-checkout")
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    with pytest.raises(HistoryMissing, match="clone again, whole"):
        Repository(clone.path).changes(old, new)


def test_what_git_refuses_is_said_with_what_helps(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("GIT_DIR", "/nowhere")
        with pytest.raises(InputError, match="GIT_DIR says /nowhere"):
            Repository(repo.path)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(tmp_path))
        with pytest.raises(InputError, match=r"git cannot be run.*Install git"):
            Repository(repo.path)
    with monkeypatch.context() as patched:
        patched.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        with pytest.raises(InputError, match=r"safe\.directory.*clone as this user"):
            Repository(repo.path)


def test_an_old_git_is_enough(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git has learned since 2.20 is not asked of it."""
    script = (
        f'#!/bin/sh\nfor word; do case "$word" in --end-of-options|--diff-merges*) '
        f'echo "error: unknown option" >&2; exit 129;; esac; done\nexec {which("git")} "$@"\n'
    )
    (tmp_path / "old").mkdir()
    (tmp_path / "old/git").write_text(script)
    (tmp_path / "old/git").chmod(0o755)
    old = repo.git("rev-parse", "HEAD")
    new = repo.commit({"a": "1"})
    monkeypatch.setenv("PATH", str(tmp_path / "old"), prepend=os.pathsep)
    found = Repository(repo.path)
    assert (found.commit("main"), found.log(f"{new}^!", "%s").strip()) == (new, "change")
    assert [step.commit for step in found.steps(old, new)] == [new]


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    empty = make_repo(tmp_path / "empty")
    with pytest.raises(InputError, match="has no commit yet"):
        Repository(empty.path).commit("HEAD")


def test_a_submodule_that_moved(repo: Repo, tmp_path: Path) -> None:
    inner = make_repo(tmp_path / "inner")
    inner.commit({"x": "1"})
    repo.git("submodule", "--quiet", "add", f"file://{inner.path}", "vendor/inner")
    old = repo.commit()
    inner.commit({"x": "2"})
    repo.git("submodule", "--quiet", "update", "--remote")
    new = repo.commit()
    (change,) = Repository(repo.path).changes(old, new)
    assert (change.path, change.status, change.is_submodule) == ("vendor/inner", "modified", True)


def test_the_base_that_went_on_does_not_count(repo: Repo) -> None:
    base = repo.git("rev-parse", "HEAD")
    repo.git("switch", "--quiet", "-c", "feature")
    feature = repo.commit({"feature.py": "1\n"})
    repo.git("switch", "--quiet", "main")
    main = repo.commit({"main.py": "1\n"})
    git = Repository(repo.path)
    assert git.merge_base(main, feature) == base
    assert list(changes(repo, git.merge_base(main, feature), feature)) == ["feature.py"]
    assert (git.is_ancestor(base, main), git.is_ancestor(main, feature)) == (True, False)


def test_a_shallow_clone_says_so(repo: Repo, tmp_path: Path) -> None:
    old = repo.git("rev-parse", "HEAD")
    repo.commit({"a": "1"})
    shallow = Repository(repo.clone(tmp_path / "shallow", "--depth=1").path)
    assert shallow.is_shallow
    with pytest.raises(HistoryMissing, match="this clone is shallow"):
        shallow.commit(old)


def test_histories_without_a_common_commit(repo: Repo) -> None:
    main = repo.git("rev-parse", "HEAD")
    repo.git("switch", "--quiet", "--orphan", "other")
    other = repo.commit({"a": "1"})
    with pytest.raises(HistoryMissing, match="nothing in common"):
        Repository(repo.path).merge_base(main, other)


def test_what_git_does_not_know(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="git knows no commit nowhere"):
        Repository(repo.path).commit("nowhere")
    with pytest.raises(InputError, match="git rev-parse failed"):
        Repository(tmp_path)
    assert Repository(repo.path).read("HEAD", "nothing") is None


def test_a_ref_that_looks_like_an_option(repo: Repo) -> None:
    with pytest.raises(InputError, match="git knows no commit --output=x"):
        Repository(repo.path).commit("--output=x")


def test_trailers() -> None:
    message = "Title: no trailer\n\nBody: neither\n\nAllow-Coupled-Migration: both halves\nPostmortem: INC-1\nno: t r\n"
    assert list(trailers_of(message)) == [
        ("Allow-Coupled-Migration", "both halves"),
        ("Postmortem", "INC-1"),
        ("no", "t r"),
    ]
