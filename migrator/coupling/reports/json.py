"""`--output json`: the whole result with its evidence; `coupling check --evidence` repeats it from there."""

import json

from migrator.coupling.report import SCHEMA_VERSION, CouplingReport, as_json


def render(report: CouplingReport) -> str:
    """Return the document."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **as_json(report)}, indent=2) + "\n"
