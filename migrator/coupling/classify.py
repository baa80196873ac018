"""What a changed file is, and which services share its database.

The first class with a matching pattern wins, in the order of `patterns.DEFAULTS`; what nothing matches is
application code, because a file that nobody thought of must not travel with a migration unseen.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from migrator.config.coupling import CouplingSection, CouplingService
from migrator.coupling.evidence import Change, FileClass
from migrator.coupling.globs import Globs
from migrator.coupling.patterns import DEFAULTS


class Classifier:
    """The policy's patterns."""

    def __init__(self, policy: CouplingSection) -> None:
        own: Mapping[FileClass, tuple[str, ...]] = {
            FileClass.NEUTRAL: policy.neutral,
            FileClass.MIGRATION: (*policy.migration, *(p for service in policy.service for p in service.migrations)),
            FileClass.SNAPSHOT: policy.snapshot,
            FileClass.MODEL: policy.model,
            FileClass.TEST: policy.test,
        }
        self._app = Globs(policy.app)
        self._own = {kind: Globs(patterns) for kind, patterns in own.items()}
        self._all = {kind: Globs((*DEFAULTS[kind], *own[kind])) for kind in DEFAULTS}
        self._known: dict[str, tuple[FileClass, str]] = {}

    def file_class(self, path: str) -> FileClass:
        """Return the class of a path from the repository's root."""
        return self.explain(path)[0]

    def explain(self, path: str) -> tuple[FileClass, str]:
        """Return the class and in words what decided; the project's own patterns win over the defaults."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._explained(path)
        return known

    def _explained(self, path: str) -> tuple[FileClass, str]:
        if self._app.match_file(path):
            return FileClass.APP, "[coupling] app"
        for kind, patterns in self._own.items():
            if patterns.match_file(path):
                return kind, f"the project's patterns for {kind.value}"
        for kind, patterns in self._all.items():
            if patterns.match_file(path):
                return kind, f"the default patterns for {kind.value}"
        return FileClass.APP, "no pattern matches, and code is the safe guess"


def classifier_of(policy: CouplingSection) -> Classifier:
    """Return the classifier of a policy; a check asks for the class of each file several times."""
    return _classifier(policy.model_dump_json())


@cache
def _classifier(policy: str) -> Classifier:
    return Classifier(CouplingSection.model_validate_json(policy))


class DatabaseGroups:
    """Which services work on the same database: schema and code are coupled only inside such a group."""

    def __init__(self, services: Iterable[CouplingService]) -> None:
        services = tuple(services)
        self._patterns = {s.name: Globs((*s.app, *s.migrations)) for s in services}
        self._group = {s.name: s.name for s in services}
        for service in services:
            for other in service.shares_db_with:
                self._join(service.name, other)

    def _join(self, one: str, other: str) -> None:
        old, new = self._group.get(other, other), self._group[one]
        self._group = {name: new if group == old else group for name, group in self._group.items()}

    def of(self, path: str) -> frozenset[str]:
        """Return the groups that a file belongs to; none for a file of no service, which counts for all of them."""
        return frozenset(self._group[name] for name in self.services_of(path))

    @property
    def names(self) -> frozenset[str]:
        """The services that the policy names."""
        return frozenset(self._patterns)

    def services_of(self, path: str) -> frozenset[str]:
        """Return the services whose own files this is one of; none for what all of them may use."""
        return frozenset(name for name, spec in self._patterns.items() if spec.match_file(path))

    def services_beside(self, path: str) -> frozenset[str]:
        """Return the services that may work on the database of this file."""
        groups = self.of(path)
        return frozenset(name for name, group in self._group.items() if not groups or group in groups)

    def are_coupled(self, one: str, other: str) -> bool:
        """Whether the two files may work on the same database."""
        first, second = self.of(one), self.of(other)
        return not first or not second or bool(first & second)


def paths_of(change: Change) -> tuple[str, ...]:
    """Return the names that a change concerns: of a rename or copy, both."""
    return (change.path,) if change.old_path is None else (change.path, change.old_path)
