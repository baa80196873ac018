"""The outputs of the coupling check: the formats are the modules of `migrator.coupling.reports`."""

from migrator.coupling import reports
from migrator.coupling.report import CouplingReport
from migrator.outputs import Outputs

COUPLING = Outputs[CouplingReport](reports)
