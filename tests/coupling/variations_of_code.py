"""The same code written in another way: other quotes, joined texts, broken calls, aliases of imports, other places."""

import re
from collections.abc import Callable

from tests.coupling.shape_repository import Shape
from tests.coupling.variations import Variation, edited

_PLAIN = r"[^'\"\\\n{}$#%`]+"
_ONE = rf"(?<![\w'])'(?P<text>{_PLAIN})'(?!['\w])"
_TWO = rf"(?<![\w\"])\"(?P<text>{_PLAIN})\"(?![\"\w])"
_SQL = r"(?:select|insert into|update|delete from|alter table|drop table|create table)\s[^'\"\\\n{}$#`]+"
SQL_ONE = rf"(?<![\w'])'(?P<text>{_SQL})'(?!['\w])"
SQL_TWO = rf"(?<![\w\"])\"(?P<text>{_SQL})\"(?![\"\w])"
SQL_ANY = rf"(?<![\w\"'])(?P<q>[\"'])(?P<text>{_SQL})(?P=q)(?![\"'\w])"


def in_code(suffixes: str, *changes: tuple[str, str | Callable[[re.Match[str]], str]]) -> Variation:
    """Return the variation that replaces patterns in files with one of these suffixes, but not inside of migrations."""
    ends = tuple(suffixes.split())

    def edit(path: str, text: str) -> str:
        if path.endswith(ends):
            for pattern, new in changes:
                text = re.sub(pattern, new, text, flags=re.IGNORECASE | re.MULTILINE)
        return text

    return lambda shape: edited(shape, edit)


def _halves(joint: str) -> Callable[[re.Match[str]], str]:
    """Return the change that cuts a text in two at a space."""

    def cut(match: re.Match[str]) -> str:
        words = match["text"].split(" ")
        at = len(words) // 2
        q = match["q"]
        return f"{q}{' '.join(words[:at])} {q}{joint}{q}{' '.join(words[at:])}{q}"

    return cut


def _words(joint: str) -> Callable[[re.Match[str]], str]:
    """Return the change that cuts a text after each word."""
    return lambda match: joint.join(f"{match['q']}{word} {match['q']}" for word in match["text"].split(" "))


def _broken(match: re.Match[str]) -> str:
    return match["text"].replace(" ", "\n        ")


def _aliased(module: str, alias: str) -> Variation:
    """Return the variation that imports a module of Python by another name."""

    def edit(path: str, text: str) -> str:
        if not path.endswith(".py") or not re.search(
            rf"^from [\w.]+ import [^\n(]*\b{module}\b(?! as)", text, re.MULTILINE
        ):
            return text
        text = re.sub(
            rf"^(from [\w.]+ import [^\n(]*)\b{module}\b(?! as)", rf"\1{module} as {alias}", text, flags=re.MULTILINE
        )
        return re.sub(rf"(?<![\w.]){module}\.(?=\w)", f"{alias}.", text)

    return lambda shape: edited(shape, edit)


def _direct(module: str) -> Variation:
    """Return the variation that imports the members of a module, not the module."""

    def edit(path: str, text: str) -> str:
        pattern = rf"^from ([\w.]+) import [^\n(]*\b{module}\b(?! as)[^\n]*$"
        head = re.search(pattern, text, re.MULTILINE)
        if not path.endswith(".py") or head is None:
            return text
        names = sorted(set(re.findall(rf"(?<![\w.]){module}\.(\w+)", text)) - {"Migration"})
        if not names:
            return text
        text = re.sub(rf"(?<![\w.]){module}\.(?!Migration)(?=\w)", "", text)
        return text.replace(head[0], f"{head[0]}\nfrom {head[1]}.{module} import (\n    {', '.join(names)},\n)", 1)

    return lambda shape: edited(shape, edit)


def _qualified(module: str, alias: str) -> Variation:
    """Return the variation that imports the package and names its members through it."""

    def edit(path: str, text: str) -> str:
        head = re.search(rf"^from {module} import ([\w, ]+)$", text, re.MULTILINE)
        if not path.endswith(".py") or head is None:
            return text
        names = [name.strip() for name in head[1].split(",")]
        text = text.replace(head[0], f"import {module} as {alias}")
        return re.sub(rf"(?<![\w.'\"])({'|'.join(names)})(?=[.()\],])", rf"{alias}.\1", text)

    return lambda shape: edited(shape, edit)


def _in_function(shape: Shape) -> Shape | None:
    def edit(path: str, text: str) -> str:
        if not path.endswith(".py") or "migrat" in path or "versions" in path or "class " in text or "import" in text:
            return text
        return "class Holder:\n    @staticmethod\n    def call():\n" + re.sub(
            r"^(?=.)", "        ", text, flags=re.MULTILINE
        )

    return edited(shape, edit)


def _moved(shape: Shape) -> Shape | None:
    """Code that stands in no folder of a framework goes into another file."""

    def path(name: str) -> str:
        return re.sub(r"\A(?:src/)?([a-z]\w{0,2})\.(?!ini|toml|cfg)(\w+)\Z", r"src/core/deep/part_\1.\2", name)

    return edited(shape, lambda _, text: text, path=path)


JS = ".js .ts .tsx .jsx .mjs .cjs"
CODE: dict[str, Variation] = {
    "py double": in_code(".py", (_ONE, r'"\g<text>"')),
    "py single": in_code(".py", (_TWO, r"'\g<text>'")),
    "py raw": in_code(".py", (SQL_ANY, r"r\g<q>\g<text>\g<q>")),
    "py f": in_code(".py", (SQL_ANY, r"f\g<q>\g<text>\g<q>")),
    "py triple": in_code(".py", (SQL_ANY, r'"""\g<text>"""')),
    "py triple broken": in_code(".py", (SQL_ANY, lambda m: f'"""\n        {_broken(m)}\n    """')),
    "py adjacent": in_code(".py", (SQL_ANY, lambda m: f"({_halves(' ')(m)})")),
    "py adjacent lines": in_code(".py", (SQL_ANY, lambda m: f"(\n        {_words(chr(10) + '        ')(m)}\n    )")),
    "py plus": in_code(".py", (SQL_ANY, lambda m: f"({_halves(' + ')(m)})")),
    "py join": in_code(".py", (SQL_ANY, lambda m: f"' '.join([{_halves(', ')(m)}])")),
    "py dedent": in_code(".py", (SQL_ANY, lambda m: f'textwrap.dedent("""\n   {_broken(m)}\n  """).strip()')),
    "py text": in_code(".py", (SQL_ANY, lambda m: f"sqlalchemy.text({m[0]})")),
    "py alias models": _aliased("models", "m"),
    "py alias migrations": _aliased("migrations", "ops"),
    "py alias op": _aliased("op", "o"),
    "py direct models": _direct("models"),
    "py direct migrations": _direct("migrations"),
    "py direct op": _direct("op"),
    "py sa": _qualified("sqlalchemy", "sa"),
    "py sa orm": _qualified("sqlalchemy.orm", "orm"),
    "py in a function": _in_function,
    "moved": _moved,
    "py broken calls": in_code(
        ".py", (r"(?<=\w)\((?P<text>[^()\n]+[^,\n(])\)(?!:| ->)(?=\)*,?$)", r"(\n        \g<text>,\n    )")
    ),
    "js back": in_code(JS, (_ONE, r"`\g<text>`")),
    "js double": in_code(JS, (_ONE, r'"\g<text>"')),
    "js plus": in_code(JS, (SQL_ANY, _halves(" + "))),
    "js plus lines": in_code(JS, (SQL_ANY, _halves(" +\n    "))),
    "js template": in_code(JS, (SQL_ANY, lambda m: f"`\n    {_broken(m)}\n  `")),
    "js tag": in_code(JS, (SQL_ANY, r"sql`\g<text>`")),
    "js join": in_code(JS, (SQL_ANY, lambda m: f"[{_halves(', ')(m)}].join(' ')")),
    "js broken calls": in_code(JS, (r"(?<=[\w`])\((?P<text>[^()\n]+)\)(?=;?$)", r"(\n    \g<text>,\n  )")),
    "java block": in_code(".java .kt", (SQL_TWO, lambda m: f'"""\n      {_broken(m)}\n      """')),
    "java plus": in_code(".java .kt .scala .go", (SQL_ANY, _halves(" +\n        "))),
    "go back": in_code(".go", (SQL_TWO, r"`\g<text>`")),
    "go back broken": in_code(".go", (SQL_TWO, lambda m: f"`\n\t{_broken(m)}\n`")),
    "rs raw": in_code(".rs", (SQL_TWO, r'r#"\g<text>"#')),
    "rs broken": in_code(".rs", (SQL_TWO, lambda m: f'r#"\n  {_broken(m)}\n  "#')),
    "php double": in_code(".php", (_ONE, r'"\g<text>"')),
    "php dot": in_code(".php", (SQL_ANY, _halves(" . "))),
    "php dot lines": in_code(".php", (SQL_ANY, _halves("\n        . "))),
    "php heredoc": in_code(".php", (SQL_ANY, lambda m: f"<<<SQL\n    {_broken(m)}\n    SQL")),
    "php nowdoc": in_code(".php", (SQL_ANY, lambda m: f"<<<'EOT'\n    {_broken(m)}\n    EOT")),
    "php broken calls": in_code(
        ".php", (r"(?<=\w)\((?P<text>[^()\n]+)\)(?=;$)", r"(\n            \g<text>,\n        )")
    ),
    "rb double": in_code(".rb", (_ONE, r'"\g<text>"')),
    "rb single": in_code(".rb", (_TWO, r"'\g<text>'")),
    "rb q": in_code(".rb", (SQL_ANY, r"%q(\g<text>)")),
    "rb heredoc": in_code(
        ".rb", (rf"{SQL_ANY}\)?$", lambda m: f"<<~SQL{')' * m[0].count(')')}\n      {_broken(m)}\n    SQL")
    ),
    "rb plus": in_code(".rb", (SQL_ANY, _halves(" + "))),
    "rb backslash": in_code(".rb", (SQL_ANY, _halves(" \\\n      "))),
    "rb text for symbol": in_code(".rb", (r"(?<=[\s(\[]):(?=[a-z_]+\b(?!\??[\w:]))(?P<text>[a-z_]+)", r'"\g<text>"')),
    "rb rockets": in_code(".rb", (r"(?<=[\s({,])(?P<text>[a-z_]+): (?=\S)", r":\g<text> => ")),
    "rb parens": in_code(
        ".rb", (r"^(?P<h>\s*(?:remove|add|rename|change|drop)_\w+) (?P<text>(?!.*\bdo\b)[^\n({]+)$", r"\g<h>(\g<text>)")
    ),
    "rb broken": in_code(
        ".rb", (r"^(?P<h>\s*(?:remove|add|rename|change)_\w+ [^\n,{]+,) (?P<text>[^\n]+)$", r"\g<h>\n      \g<text>")
    ),
}
