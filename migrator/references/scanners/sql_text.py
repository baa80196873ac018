"""SQL files that are no migrations: reports, jobs, queries that code loads.

What cannot be parsed is compared word by word.
"""

from migrator.references.file_scan import FileScan
from migrator.references.known import Known
from migrator.references.scanners.words import scan_words
from migrator.references.sql import references_in_sql
from migrator.references.sql_templates import filled_in, has_templates

SUFFIXES = (".sql", ".psql", ".pgsql")


def scan(path: str, text: str, known: Known) -> FileScan:
    """Return the references of the file."""
    plain = filled_in(text) if has_templates(text) else text
    use = references_in_sql(plain, known, path)
    if use.is_understood:
        return FileScan(use.references)
    return FileScan((*use.references, *scan_words(path, text, known)), is_guessed=True)
