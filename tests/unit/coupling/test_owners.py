"""CODEOWNERS as GitHub and as GitLab read it."""

import pytest

from migrator.coupling.owners import Owners, owners_of

GITHUB = r"""
# comment
*            @org/everyone   # the rest
*.sql        @dba
/migrations/ @org/dba @alice
docs/*       @writer
apps/        @apps
/apps/github
my\ file.txt @spacer
"""

GITLAB = """
* @fallback
[Database][2] @dba
migrations/
*.sql @carol @dave
!migrations/vendor/
^[Docs]
*.md @writer
[database]
schema.rb @erin
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("a.py", ("@org/everyone",)),
        ("db/a.sql", ("@dba",)),
        ("migrations/1.sql", ("@org/dba", "@alice")),
        ("x/migrations/1.py", ("@org/everyone",)),
        ("docs/a.md", ("@writer",)),
        ("docs/deep/a.md", ("@org/everyone",)),
        ("x/apps/a", ("@apps",)),
        ("apps/github", ()),
        ("my file.txt", ("@spacer",)),
    ],
)
def test_github_takes_the_last_match(path: str, owners: tuple[str, ...]) -> None:
    assert [found.owners for found in owners_of(GITHUB, path)] == ([owners] if owners else [])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.py", [Owners("", ("@fallback",))]),
        ("migrations/a.py", [Owners("", ("@fallback",)), Owners("Database", ("@dba",), 2)]),
        ("migrations/a.sql", [Owners("", ("@fallback",)), Owners("Database", ("@carol", "@dave"), 2)]),
        ("migrations/vendor/a.sql", [Owners("", ("@fallback",))]),
        ("readme.md", [Owners("", ("@fallback",))]),
        ("schema.rb", [Owners("", ("@fallback",)), Owners("Database", ("@erin",), 2)]),
    ],
)
def test_gitlab_asks_each_section(path: str, expected: list[Owners]) -> None:
    assert list(owners_of(GITLAB, path)) == expected
