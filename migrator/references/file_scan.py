"""What was found in one file."""

from dataclasses import dataclass

from migrator.references.reference import Reference


@dataclass(frozen=True, slots=True)
class FileScan:
    """The references of a file; `is_guessed` when some SQL of it was only compared word by word."""

    references: tuple[Reference, ...] = ()
    is_guessed: bool = False
