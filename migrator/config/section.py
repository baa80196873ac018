"""What every part of a file that a person writes has in common, and how its mistakes are told."""

from pydantic import BaseModel, ConfigDict, ValidationError


class Section(BaseModel):
    """A part of a file that a person writes: frozen, unknown keys are errors."""

    # Deferred: a command validates with a few of the models that it imports, and building one takes a millisecond.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def explain(error: ValidationError) -> str:
    """Return pydantic's findings as one line: `backfill.0.limits.max_lag: '2' is not a duration; …`."""
    lines: list[str] = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"]) or "file"
        message = "unknown key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {message}")
    return "; ".join(lines)
