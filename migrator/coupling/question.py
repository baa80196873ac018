"""What a check is asked: the options of `coupling check` over what the CI says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from migrator.coupling.ci_context import CiContext


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; an option that was given wins over the CI."""

    ci: CiContext
    now: datetime
    base: str = ""
    head: str = ""
    range: str = ""
    """`DEPLOYED..CANDIDATE`."""
    deployed: tuple[str, ...] = ()
    mode: Literal["strict", "phase-aware"] | None = None
    """Only `strict` is taken from here: an option must not loosen the policy of the base."""
    lost: str = ""
    """Why the deployed end of the range is not known, with what to do."""
    configuration: str = ""
    """The configuration file's path from the repository's top; empty: the usual names there."""
    pg_version: Callable[[], int] = lambda: 17
    """Reads the whole configuration as it stands here: asked for only when there is SQL to judge, or it changed."""
