"""The outputs of the linter: the formats are the modules of `migrator.lint.reports`."""

from migrator.lint import reports
from migrator.lint.report import LintReport
from migrator.outputs import Output, Outputs

__all__ = ["Output", "announce", "formats", "read_outputs", "render", "write"]

_LINT = Outputs[LintReport](reports)

formats = _LINT.formats
read_outputs = _LINT.read
render = _LINT.render
write = _LINT.write
announce = _LINT.announce
