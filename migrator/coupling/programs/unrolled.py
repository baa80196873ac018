"""What Ruby's and PHP's migrations say in several steps, written out: constants, loops over lists, `revert`.

Only texts change, never their lines, so that what is found stands where the file has it.
"""

import re

_RUBY_LIST = r"(?:%[iw][\[({](?P<words>[\w\s]*)[\])}]|\[(?P<items>[\s\w:'\",]*)\])"
_WORD = re.compile(r"[A-Za-z_]\w*")
_RUBY_CONSTANT = re.compile(r"^\s*(?P<name>[A-Z]\w*)\s*=\s*(?P<value>:\w+|['\"]\w+['\"])", re.MULTILINE)
_RUBY_NAMED_LIST = re.compile(rf"^\s*(?P<name>[A-Z]\w*)\s*=\s*{_RUBY_LIST}", re.MULTILINE)
_RUBY_HASH = re.compile(r"^\s*(?P<name>[A-Z]\w*)\s*=\s*(?P<body>\{[^{}]*\})", re.MULTILINE)
_RUBY_ENTRY = re.compile(rf"(?:(?P<symbol>\w+):|[:'\"](?P<key>\w+)['\"]?\s*=>)\s*{_RUBY_LIST},?")
_RUBY_LOOP = re.compile(rf"(?:{_RUBY_LIST}|\b(?P<name>[A-Z]\w*))\.each\s*(?:do|\{{)\s*\|\s*(?P<variable>\w+)\s*\|")
_REVERT = re.compile(
    r"^(?P<indent>[ \t]*)revert\s+do\b(?P<body>.*?)^(?P=indent)end\b|\brevert\s*\{(?P<line>[^}\n]*)\}",
    re.DOTALL | re.MULTILINE,
)
_OPPOSITE = {
    "add_column": "remove_column",
    "create_table": "drop_table",
    "add_reference": "remove_reference",
    "remove_column": "add_column",
    "drop_table": "create_table",
}
_MADE = re.compile(rf"\b(?:{'|'.join(_OPPOSITE)})\b")
_PHP_CONSTANT = re.compile(
    r"\bconst\s+(?:string\s+)?(?P<name>\w+)\s*=\s*(?P<value>'\w+'|\"\w+\")"
    r"|\b(?:private|protected|public)\s+(?:readonly\s+)?(?:\??string\s+)?\$(?P<field>\w+)\s*=\s*(?P<text>'\w+'|\"\w+\")"
)
_PHP_LOOP = re.compile(r"\bforeach\s*\(\s*(?P<list>\[[\s\w'\",]*\])\s+as\s+(?P<variable>\$\w+)\s*\)")
_PREFIXED = re.compile(r"\{\{%?(\w+)%?\}\}")
"""Yii's `{{%user}}`: a table with the prefix of the installation."""


def unrolled(text: str, language: str) -> str:
    """Return the text with the names that its constants and loops stand for."""
    if language == "ruby":
        return _ruby(text)
    return _php(text) if language == "php" else text


def _ruby(text: str) -> str:
    text = _REVERT.sub(lambda match: _MADE.sub(lambda made: _OPPOSITE[made[0]], match[0]), text)
    lists = {match["name"]: _names(match) for match in _RUBY_NAMED_LIST.finditer(text)}
    for match in list(_RUBY_CONSTANT.finditer(text)):
        text = re.sub(rf"\b{match['name']}\b(?!\s*=[^=>])", match["value"], text)
    for match in list(_RUBY_HASH.finditer(text)):
        text = _hash(text, match)
    for match in list(_RUBY_LOOP.finditer(text)):
        names = lists.get(match["name"], []) if match["name"] else _names(match)
        if names:
            call = rf"\b(?:remove|drop)_column(?P<table>[\s(]+[:'\"]\w+['\"]?\s*,\s*){match['variable']}\b"
            many = ", ".join(f":{name}" for name in names)
            text = re.sub(call, lambda found, many=many: f"remove_columns{found['table']}{many}", text)
    return text


def _names(match: re.Match[str]) -> list[str]:
    return _WORD.findall(match["words"] or match["items"] or "")


def _hash(text: str, match: re.Match[str]) -> str:
    """Write out `COLUMNS = { users: %i[a b] }` where a loop over it drops the columns of each table."""
    loop = re.compile(
        rf"\b{match['name']}\.each(?:_pair)?\s*(?:do|\{{)\s*\|\s*\w+\s*,\s*\w+\s*\|.{{0,300}}?"
        r"(?P<call>\bexecute_drop\b|\bremove_columns?\b|\bdrop_columns?\b)",
        re.DOTALL,
    )
    found = loop.search(text)
    if found is None:
        return text
    text = text[: found.start("call")] + " " * len(found["call"]) + text[found.end("call") :]
    calls = _RUBY_ENTRY.sub(_dropped, match["body"][1:-1])
    return text[: match.start("body")] + f" {calls} " + text[match.end("body") :]


def _dropped(entry: re.Match[str]) -> str:
    columns = ", ".join(f":{name}" for name in _names(entry))
    return f"remove_columns :{entry['symbol'] or entry['key']}, {columns};" + "\n" * entry[0].count("\n")


def _php(text: str) -> str:
    text = _PREFIXED.sub(r"\1", text)
    for match in list(_PHP_CONSTANT.finditer(text)):
        name = rf"(?:self|static)::{match['name']}\b" if match["name"] else rf"\$this->{match['field']}\b(?!\()"
        text = re.sub(name, (match["value"] or match["text"]).replace("\\", ""), text)
    for match in list(_PHP_LOOP.finditer(text)):
        many = " ".join(match["list"].split())
        text = re.sub(rf"{re.escape(match['variable'])}\b(?=\s*\))(?<=\({re.escape(match['variable'])})", many, text)
    return text
