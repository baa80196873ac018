"""CODEOWNERS in both dialects: whom a file belongs to, and how many of them must approve.

GitHub: the last matching line wins. GitLab: sections `[Name][2] @default`, each with its own last match and its own
number of approvals; `^[Name]` sections are optional; `!pattern` takes files out of a section.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from migrator.coupling.globs import Globs

_SECTION = re.compile(r"(?P<optional>\^)?\[(?P<name>[^\]]+)\](?:\[(?P<count>\d+)\])?(?P<owners>.*)\Z")
_WORDS = re.compile(r"(?:\\.|[^\s\\])+")


@dataclass(frozen=True, slots=True)
class Owners:
    """Who must approve a file: any `count` of the owners. Users and teams as written (`@alice`, `@org/dba`)."""

    section: str
    """Empty in GitHub's dialect."""
    owners: tuple[str, ...]
    count: int = 1


@dataclass(slots=True)
class _Section:
    name: str
    count: int
    is_optional: bool
    default: tuple[str, ...]
    entries: list[tuple[Globs, tuple[str, ...], bool]] = field(
        default_factory=list[tuple[Globs, tuple[str, ...], bool]]
    )


def owners_of(codeowners: str, path: str) -> tuple[Owners, ...]:
    """Return the owners that a file from the repository's root has: one entry per section; none when unowned."""
    found = (_match(section, path) for section in _sections(codeowners))
    return tuple(owners for owners in found if owners is not None and owners.owners)


def _match(section: _Section, path: str) -> Owners | None:
    """The last line that matches decides; an excluded file belongs to nobody in the section, whatever follows."""
    if section.is_optional:
        return None
    hits = [(owners, is_excluded) for spec, owners, is_excluded in section.entries if spec.match_file(path)]
    if not hits or any(is_excluded for _, is_excluded in hits):
        return None
    return Owners(section.name, hits[-1][0], section.count)


def _sections(text: str) -> Iterator[_Section]:
    """Yield the sections in order; lines of one name in two places belong together, without regard to case."""
    known: dict[str, _Section] = {"": _Section("", 1, is_optional=False, default=())}
    current = known[""]
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        head = _SECTION.match(line)
        if head is not None:
            current = known.setdefault(head["name"].strip().lower(), _new_section(head))
        else:
            _add(current, line)
    yield from known.values()


def _new_section(head: re.Match[str]) -> _Section:
    owners = tuple(_owner_words(head["owners"].split()))
    return _Section(head["name"].strip(), max(int(head["count"] or 1), 1), bool(head["optional"]), owners)


def _add(section: _Section, line: str) -> None:
    words = _WORDS.findall(line)
    pattern, owners = words[0], tuple(_owner_words(words[1:]))
    is_excluded = bool(section.name) and pattern.startswith("!")
    text = pattern.removeprefix("!") if is_excluded else pattern
    spec = Globs(_as_gitignore(text))
    section.entries.append((spec, owners or section.default, is_excluded))


def _owner_words(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("#"):
            return
        if "@" in word:
            yield word


def _as_gitignore(pattern: str) -> Iterator[str]:
    r"""`\ ` and `\#` mean the character, a leading `!` or `#` nothing; `docs/*` ends at the folder's own files."""
    plain = pattern.replace("\\#", "#").replace("\\ ", " ")
    yield f"\\{plain}" if plain.startswith(("!", "#")) else plain
    if plain.endswith("/*"):
        yield f"!{plain}/**"
