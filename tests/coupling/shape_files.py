"""Pull requests written down as text: `shapes/*.txt`.

=== name : CPL001 or pass : the same in the phase-aware mode, where that is another question
--- base path
content
--- head path
content
--- gone path
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.coupling.shape_repository import Shape

_FOLDER = Path(__file__).parent / "shapes"
_PHASE_AWARE = {"migrator.toml": '[coupling]\nmode = "phase-aware"\n'}


@dataclass(frozen=True)
class _Read:
    rules: tuple[frozenset[str], ...]
    base: dict[str, str]
    head: dict[str, str]


def shapes_in_files() -> dict[str, Shape]:
    """Return each pull request by its file and name, in the strict mode and where it says so in the other one."""
    found: dict[str, Shape] = {}
    for file in sorted(_FOLDER.glob("*.txt")):
        for name, read in _read(file.read_text(encoding="utf-8")):
            found[f"{file.stem}: {name}"] = Shape(read.base, read.head, read.rules[0])
            for rules in read.rules[1:]:
                found[f"{file.stem}: {name}, phase-aware"] = Shape(read.base | _PHASE_AWARE, read.head, rules)
    return found


def _read(text: str) -> Iterator[tuple[str, _Read]]:
    for part in f"\n{text}".split("\n=== ")[1:]:
        head, *files = part.removesuffix("\n").split("\n--- ")
        name, *rules = head.split(" : ")
        read = _Read(tuple(frozenset(rule.split()) - {"pass"} for rule in rules), {}, {})
        for file in files:
            title, _, content = file.partition("\n")
            kind, _, path = title.partition(" ")
            (read.base if kind == "base" else read.head)[path] = "" if kind == "gone" else f"{content}\n"
        yield name, read
