"""`--output gcc`: one line per finding, as compilers print them, for editors that jump to them."""

from migrator.lint.report import LintReport


def render(report: LintReport) -> str:
    """Return `path:line:column: error: message [rule]` for each finding."""
    return "".join(
        f"{f.path}:{f.line}:{f.column}: {f.severity.value}: {one_line(f.claim.message)} [{f.rule}]\n"
        for f in report.findings
    )


def one_line(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return " ".join(text.split())
