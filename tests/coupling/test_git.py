"""Git facts on real repositories: renames, odd names, deletes, submodules, shallow clones."""

import os
from pathlib import Path

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
    for key, value in (("diff.renames", "false"), ("diff.noprefix", "true"), ("color.ui", "always")):
        repo.git("config", key, value)
    repo.git("config", "diff.external", "false")
    assert changes(repo, old, new) == {"b.py": ("renamed", "a.py", 31)}


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
