"""`[gates.NAME]`: what the gates of a contract ask, and whom. A gate is asked when a manifest's evidence names it."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue, field_validator, model_validator

from migrator.config.backfill import PrometheusSignal
from migrator.config.duration import Duration
from migrator.config.section import Section
from migrator.config.time_window import TimeWindow


class VersionsGate(Section):
    """`[gates.versions]`."""

    bystanders: tuple[str, ...] = ()
    """Regular expressions on `application_name` of clients that use no table of the applications: `^pgbouncer`.
    Others that are connected since before a recorded deploy, and belong to no registered service, are a doubt."""

    @field_validator("bystanders")
    @classmethod
    def _are_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                re.compile(text)
            except re.error as exc:
                raise ValueError(f"{text!r} is not a regular expression: {exc}") from exc
        return value


class StatementsGate(Section):
    """`[gates.statements]`."""

    window: Duration = timedelta(hours=24)
    """For how long no statement may have used what is removed; the soak when that is longer. Monthly jobs: `31d`."""
    replicas: Mapping[str, str] = Field(default_factory=dict[str, str])
    """A replica's `application_name` -> the environment variable with its connection string. One that is left out
    makes the gate unknown: who reads only there would not be seen."""


class TripwireGate(Section):
    """`[gates.tripwire]`."""

    window: Duration = timedelta(hours=24)
    """For how long nobody may have written the old side; counted from the end of migrate at the earliest."""


class SoftDropGate(Section):
    """`[gates.soft_drop]`."""

    held: Duration = timedelta(hours=24)
    """For how long the soft drop must have been on."""
    bystanders: tuple[str, ...] = ()
    """Roles that column privileges do not bind and that no application uses: the superuser, the tables' owner."""


class TimeWindowsGate(Section):
    """`[gates.time_windows]`."""

    windows: tuple[str, ...] = ()
    """When a contract may begin: `Mon-Thu 09:00-16:00 Europe/Berlin`."""

    @field_validator("windows")
    @classmethod
    def _are_windows(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            TimeWindow.parse(text)
        return value


class Freeze(Section):
    """One entry of `[[gates.freeze.calendar]]`: days on which no contract begins."""

    first: date
    """The first day."""
    last: date
    """The last day."""
    zone: str = "UTC"
    """Where these are days: `Europe/Berlin`."""
    reason: str = ""
    """Told to whoever waits."""

    @model_validator(mode="after")
    def _is_a_time(self) -> "Freeze":
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, KeyError) as exc:
            raise ValueError(f"this machine knows no time zone {self.zone!r}") from exc
        return self


class FreezeGate(Section):
    """`[gates.freeze]`."""

    calendar: tuple[Freeze, ...] = ()
    """The days on which no contract begins."""


class PromqlGate(Section):
    """`[gates.promql]`."""

    signals: tuple[PrometheusSignal, ...] = ()
    """Queries, each with the comparison that every series must pass. No series is unknown."""


class HttpQuestion(Section):
    """One entry of `[[gates.http.questions]]`: an address, and the value in its JSON answer that opens the gate."""

    url: str
    """An address, or an OFREP server's when `flag` is given."""
    flag: str | None = None
    """A feature flag: asked by `POST <url>/ofrep/v1/evaluate/flags/<flag>`."""
    context: Mapping[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    """The flag's evaluation context; a `targetingKey` is needed by most servers."""
    value: str = "value"
    """Path of the value in the answer, with dots: `data.open`."""
    open_when: JsonValue = True
    """The value that opens the gate; every other closes it, an absent one is unknown."""
    token_env: str | None = None
    """The environment variable that holds a bearer token."""


class HttpGate(Section):
    """`[gates.http]`."""

    questions: tuple[HttpQuestion, ...] = ()
    """What is asked; all must be open."""


class CommandGate(Section):
    """`[gates.command]`."""

    argv: tuple[str, ...] = ()
    """The program and its arguments; no shell. Exit code 0 is open, 1 is closed, every other unknown."""
    timeout: Duration = timedelta(seconds=20)
    """After this it is ended, and the answer is unknown."""


class GateSettings(Section):
    """All gates that have settings."""

    separation_of_duties: bool = False
    """Whether an approval of somebody who wrote the migration's files (by git) does not count."""
    versions: VersionsGate = Field(default_factory=VersionsGate)
    statements: StatementsGate = Field(default_factory=StatementsGate)
    tripwire: TripwireGate = Field(default_factory=TripwireGate)
    soft_drop: SoftDropGate = Field(default_factory=SoftDropGate)
    time_windows: TimeWindowsGate = Field(default_factory=TimeWindowsGate)
    freeze: FreezeGate = Field(default_factory=FreezeGate)
    promql: PromqlGate = Field(default_factory=PromqlGate)
    http: HttpGate = Field(default_factory=HttpGate)
    command: CommandGate = Field(default_factory=CommandGate)
