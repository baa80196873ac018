"""`--output gcc`: one line per finding, for editors that jump to them."""

from migrator.coupling.report import CouplingReport
from migrator.lint.reports.gcc import one_line
from migrator.outputs import visible


def render(report: CouplingReport) -> str:
    """Return `path:line:column: error: message [CPL001 coupled-change]` for each finding, and what is unknown."""
    return "".join(
        f"{visible(f.path)}:{f.line}:{f.column}: {f.level.value}: {one_line(f.message)} [{f.rule} {f.name}]\n"
        for f in report.decision.findings
    ) + "".join(f"migrator: error: {one_line(unknown)} [unknown]\n" for unknown in report.decision.unknowns)
