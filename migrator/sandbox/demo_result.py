"""What the demo measured, and which of its promises did not hold."""

from dataclasses import dataclass, field

from migrator.sandbox.shop import Comparison


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """What the clients felt during one phase; latencies in milliseconds."""

    name: str
    queries: int
    failed: int
    p99_ms: float
    worst_ms: float


@dataclass(slots=True)
class DemoResult:
    """Everything that the demo measured."""

    phases: list[PhaseFigures] = field(default_factory=list[PhaseFigures])
    backfill_rows: int = 0
    paused_seconds: float = 0.0
    pause_reasons: list[str] = field(default_factory=list[str])
    closed_reasons: list[str] = field(default_factory=list[str])
    primary: Comparison = field(default_factory=lambda: Comparison(0, 0, 0))
    replica: Comparison = field(default_factory=lambda: Comparison(0, 0, 0))
    naive_queries: int = 0
    naive_failed: int = 0
    errors: list[str] = field(default_factory=list[str])
    """The first few errors that clients saw before the naive rename; empty when the promise held."""
    seconds: float = 0.0

    @property
    def broken_promises(self) -> list[str]:
        """What did not come out as promised, in words."""
        failed = sum(phase.failed for phase in self.phases)
        lost, different = self.primary.lost, self.primary.different
        replica = self.replica.lost + self.replica.different
        claims = [
            (failed == 0, f"{failed} queries failed: {self.errors[:3]}"),
            (lost == 0 and different == 0, f"{lost} rows lost and {different} different on the primary"),
            (replica == 0, f"{replica} rows lost or different on the replica"),
            (bool(self.pause_reasons), "the backfill was not seen to pause on replication lag"),
            (bool(self.closed_reasons), "the gate was not closed while old code ran"),
            (self.naive_failed > 0, "the naive rename broke nothing, so the clients prove nothing"),
        ]
        return [text for holds, text in claims if not holds]
