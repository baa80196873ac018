"""What else a pull request brings that says nothing of schema and code, or only seems to speak of a column."""

from collections.abc import Mapping
from dataclasses import replace

from tests.coupling.shape_repository import Shape
from tests.coupling.variations import Variation


def beside(head: Mapping[str, str], base: Mapping[str, str] | None = None) -> Variation:
    """Return the variation that brings more files; None where the pull request has one of them already."""

    def vary(shape: Shape) -> Shape | None:
        taken = {path.casefold() for path in (*shape.base, *shape.head)}
        if any(path.casefold() in taken for path in (*head, *(base or {}))) or shape.landed is not None:
            return None
        return replace(shape, base={**shape.base, **(base or {})}, head={**shape.head, **head})

    return vary


WORDS = (
    "The legacy_flag of users (User.legacyFlag, LegacyFlag) is gone: users.legacy_flag, SELECT legacy_flag FROM users."
)
NEUTRAL = {
    "documents": {"docs/guide/flags.md": f"{WORDS}\n", "doc/api.rst": f"{WORDS}\n", "CHANGELOG.md": f"- {WORDS}\n"},
    "locks": {"uv.lock": "a\n", "yarn.lock": "a\n", "Gemfile.lock": "a\n", "Cargo.lock": "a\n", "go.sum": "a\n"},
    "locks of packages": {
        "web/package-lock.json": '{"name": "a"}\n',
        "pnpm-lock.yaml": "a: 1\n",
        "composer.lock": "{}\n",
    },
    "ci": {
        ".github/workflows/ci.yml": "on: push # legacy_flag users\n",
        ".gitlab-ci.yml": "a: 1\n",
        ".circleci/config.yml": "a: 1\n",
        ".pre-commit-config.yaml": "a: 1\n",
        ".travis.yml": "a: 1\n",
    },
    "tests": {
        "tests/test_flags.py": "def test_flag(user):\n    assert user.legacy_flag is None\n",
        "spec/models/flag_spec.rb": "it { expect(user.legacy_flag).to be_nil }\n",
        "web/src/flag.test.ts": "expect(user.legacyFlag).toBe(undefined);\n",
        "store/flag_test.go": 'package store\n\nconst q = "SELECT legacy_flag FROM users"\n',
        "src/test/java/FlagTest.java": 'class FlagTest { String q = "SELECT legacy_flag FROM users"; }\n',
        "tests/Feature/FlagTest.php": "<?php $user->legacy_flag;\n",
    },
    "fixtures": {
        "tests/fixtures/flags.json": '{"users": [{"legacy_flag": true}]}\n',
        "spec/factories/flags.rb": "factory(:user) { legacy_flag { true } }\n",
        "testdata/flags.sql": "INSERT INTO users (legacy_flag) VALUES (true);\n",
    },
    "translations": {
        "locale/de/LC_MESSAGES/django.po": 'msgid "legacy_flag"\nmsgstr "users"\n',
        "web/src/locales/de.json": '{"legacy_flag": "Altes Zeichen", "users": "Leute"}\n',
        "config/locales/de.yml": "de:\n  users:\n    legacy_flag: Altes Zeichen\n",
        "resources/lang/de/messages.php": "<?php return ['legacy_flag' => 'users'];\n",
        "src/main/resources/messages_de.properties": "users.legacy_flag=Altes Zeichen\n",
        "src/main/resources/i18n/messages.properties": "users.legacy_flag=Altes Zeichen\n",
        "app/Resources/Texts.de.resx": "<a>legacy_flag</a>\n",
        "ios/de.lproj/Main.strings": '"legacy_flag" = "users";\n',
    },
    "settings of tools": {
        ".editorconfig": "a=1\n",
        ".rubocop.yml": "a: 1\n",
        ".eslintrc.json": "{}\n",
        "mypy.ini": "[mypy]\n",
    },
    "pictures": {"web/public/users.svg": "<svg id='legacy_flag'/>\n"},
}
CLUTTER = {
    "css": {"web/styles/users.css": ".users .legacy_flag { color: red }\n.legacyFlag { top: 0 }\n"},
    "comments of python": {
        "lib_c/notes.py": '"""users: legacy_flag was here."""\n\n# User.legacy_flag, users.legacy_flag\nX = 1\n'
    },
    "comments of ruby": {"lib_c/notes.rb": "# User#legacy_flag, users.legacy_flag\nX = 1\n"},
    "comments of javascript": {
        "lib_c/notes.js": "// User.legacyFlag\n/* users.legacy_flag\n * user.legacyFlag */\nlet x = 1;\n"
    },
    "comments of go": {
        "lib_c/notes.go": "package n\n\n// User.LegacyFlag: users.legacy_flag\nvar X = 1 // legacy_flag\n"
    },
    "comments of php": {
        "lib_c/notes.php": "<?php\n// $user->legacy_flag\n# users.legacy_flag\n/** User::legacyFlag */\n$x = 1;\n"
    },
    "comments of java": {
        "lib_c/Notes.java": "/** User.legacyFlag {@code users.legacy_flag} */\nclass Notes {} // legacyFlag\n"
    },
    "comments of rust": {"lib_c/notes.rs": "//! users: legacy_flag\n/// User.legacy_flag\nfn x() {}\n"},
    "comments of sql": {"lib_c/notes.sql": "-- users.legacy_flag\n/* SELECT legacy_flag FROM users */\nSELECT 1;\n"},
    "comments of shell": {"lib_c/notes.sh": "#!/bin/sh\n# users.legacy_flag\necho 1\n"},
    "comments of html": {"web_c/notes.html": "<!-- users.legacy_flag -->\n<p>Hi</p>\n"},
    "comments of yaml": {"conf_c/notes.yaml": "# users.legacy_flag\na: 1\n"},
    "local variable": {"lib_c/local.py": "def f(a):\n    legacy_flag = a > 1\n    return not legacy_flag\n"},
    "local variable of go": {
        "lib_c/local.go": "package n\n\nfunc F() bool {\n\tlegacyFlag := true\n\treturn legacyFlag\n}\n"
    },
    "local variable of javascript": {
        "lib_c/local.js": "const legacyFlag = 1;\nexport default function f() { return legacyFlag + 1; }\n"
    },
    "local variable of ruby": {"lib_c/local.rb": "def f(a)\n  legacy_flag = a\n  legacy_flag && 1\nend\n"},
    "another table": {"lib_c/other.py": 'Q = "SELECT legacy_flag FROM devices WHERE id = %s"\n'},
    "another table of go": {"lib_c/other.go": 'package n\n\nconst Q = "SELECT d.legacy_flag FROM devices d"\n'},
    "local variable of php": {
        "lib_c/local.php": "<?php\nfunction f() {\n  $legacyFlag = 1;\n  return $legacyFlag ?: $legacy_flag;\n}\n"
    },
    "local variable of rust": {"lib_c/local.rs": "fn f() -> bool {\n    let legacy_flag = true;\n    legacy_flag\n}\n"},
    "local variable of java": {
        "lib_c/Local.java": "class Local {\n  int f() { int legacyFlag = 1; return legacyFlag; }\n}\n"
    },
    "local variable of shell": {"lib_c/local.sh": 'legacy_flag=1\necho "$legacy_flag ${legacy_flag}"\n'},
    "local variable of kotlin": {"lib_c/local.kt": "fun f(): Int {\n  val legacyFlag = 1\n  return legacyFlag\n}\n"},
    "local variable of swift": {
        "lib_c/local.swift": "func f() -> Int {\n  let legacyFlag = 1\n  return legacyFlag\n}\n"
    },
    "argument of python": {"lib_c/arg.py": "def f(legacy_flag):\n    return g(legacy_flag)\n"},
    "argument of go": {"lib_c/arg.go": "package n\n\nfunc F(legacyFlag bool) bool { return !legacyFlag }\n"},
    "argument of typescript": {"lib_c/arg.ts": "export const f = (legacyFlag) => !legacyFlag;\n"},
    "styles in a page": {"web_c/style.html": "<style>\n.legacy_flag { top: 0 }\n</style>\n"},
    "classes": {"web_c/class.html": '<div class="users legacy_flag" data-testid="legacy_flag">x</div>\n'},
    "classes of jsx": {"web_c/class.jsx": 'export const A = () => <a className="legacy_flag" href="/x">x</a>;\n'},
    "selectors": {
        "web_c/select.js": "document.querySelector('.users .legacy_flag').remove();\n$('#legacy_flag').hide();\n"
    },
    "classes of haml": {"web_c/a.haml": "%div.legacy_flag\n.legacy_flag\n  Hi\n"},
    "another table of javascript": {
        "lib_c/q.js": "db.query('SELECT d.legacy_flag FROM devices AS d JOIN x ON x.id = d.id')\n"
    },
    "another table of java": {"lib_c/Q.java": 'class Q { String q = "SELECT devices.legacy_flag FROM devices"; }\n'},
    "another table of ruby": {"lib_c/q.rb": "Q = <<~TEXT\n  SELECT devices.legacy_flag FROM app.devices\nTEXT\n"},
    "data": {"data_c/list.csv": "legacy_flag,users\n"},
    "words": {"lib_c/words.py": "raise ValueError('the legacy flag of our users is gone')\n"},
    "log": {"lib_c/log.js": "console.log('legacy flag of users');\n"},
    "anchors": {"web_c/page.html": '<a href="#legacy_flag" id="users">x</a>\n'},
    "ignored": {"lib_c/README": f"{WORDS}\n", "lib_c/notes.txt": f"{WORDS}\n"},
}
NOISE: dict[str, Variation] = {
    **{f"with {name}": beside(files) for name, files in NEUTRAL.items()},
    **{f"beside {name}": beside({}, files) for name, files in CLUTTER.items()},
}
