"""A map that remembers what it held: the schema before every statement of a thousand files, without copying any.

The draft of a replay writes; each snapshot reads the map as it was when it was taken. Old values are kept beside the
new ones, so that a snapshot costs nothing and a look at it one search in a short list.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class Versions(Generic[_K, _V]):
    """The map as it is now, and what each key held before; `version` is counted by the owner."""

    def __init__(self, base: Mapping[_K, _V]) -> None:
        self.now: dict[_K, _V] = base.held() if isinstance(base, AtVersion) else dict(base)
        self._ever = dict.fromkeys(self.now)
        self._changed_at: dict[_K, list[int]] = {}
        self._before: dict[_K, list[_V | None]] = {}
        self._newest: AtVersion[_K, _V] | None = None

    def snapshot(self, version: int) -> "AtVersion[_K, _V]":
        """Return the map as it is now, which later versions do not change; the last one again if nothing has since."""
        if self._newest is None:
            self._newest = AtVersion(self, version)
        return self._newest

    def put(self, key: _K, value: _V, version: int) -> None:
        """Hold the value from the version on."""
        self._remember(key, version)
        self.now[key] = value
        self._ever[key] = None

    def drop(self, key: _K, version: int) -> None:
        """Hold nothing under the key from the version on."""
        if key in self.now:
            self._remember(key, version)
            del self.now[key]

    @property
    def is_changed(self) -> bool:
        """Whether something was written since the last snapshot."""
        return self._newest is None

    def _remember(self, key: _K, version: int) -> None:
        self._newest = None
        changes = self._changed_at.setdefault(key, [])
        if not changes or changes[-1] != version:
            changes.append(version)
            self._before.setdefault(key, []).append(self.now.get(key))

    def at(self, key: _K, version: int) -> _V | None:
        """Return what the key held in a version."""
        changes = self._changed_at.get(key)
        if changes is None or changes[-1] <= version:
            return self.now.get(key)
        return self._before[key][bisect_left(changes, version + 1)]

    def keys_ever(self) -> Iterator[_K]:
        """Yield every key that is or was held, in the order in which they came."""
        yield from tuple(self._ever)


class AtVersion(Mapping[_K, _V]):
    """The map in one version; reads only."""

    __slots__ = ("_map", "_version")

    def __init__(self, versions: Versions[_K, _V], version: int) -> None:
        self._map = versions
        self._version = version

    def __getitem__(self, key: _K) -> _V:
        found = self._map.at(key, self._version)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: _K, default: object = None) -> object:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return what the key holds, without an exception on the way."""
        found = self._map.at(key, self._version)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return self._map.at(key, self._version) is not None  # pyright: ignore[reportArgumentType]

    def held(self) -> dict[_K, _V]:
        """Return a copy, three times sooner than `dict` makes one by asking for each key."""
        at, version = self._map.at, self._version
        return {key: value for key in self._map.keys_ever() if (value := at(key, version)) is not None}

    def __iter__(self) -> Iterator[_K]:
        return (key for key in self._map.keys_ever() if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
