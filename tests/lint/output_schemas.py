"""What the readers of our reports accept, as JSON Schema: SARIF 2.1.0 as far as we write it, GitLab's code quality.

Written from the specifications (OASIS SARIF 2.1.0, §3; GitLab's "Code Quality report format"). As in the official
schema of SARIF no object may hold a property that the specification does not know, except property bags.
"""

from typing import Any

from jsonschema import Draft7Validator

Schema = dict[str, Any]


def closed(*required: str, **properties: Schema) -> Schema:
    """Return an object that holds these properties and no others."""
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def problems(schema: Schema, document: Any) -> list[str]:
    """Return what is wrong with a document, in words; nothing when it is valid."""
    validator: Any = Draft7Validator
    validator.check_schema(schema)
    return [error.message for error in validator(schema).iter_errors(document)]


def many(items: Schema, *, least: int = 0) -> Schema:
    """Return a list; SARIF's are sets where the specification says so."""
    return {"type": "array", "items": items, "minItems": least}


def among(*values: str) -> Schema:
    """Return one of these words."""
    return {"enum": list(values)}


TEXT: Schema = {"type": "string"}
WORD: Schema = {"type": "string", "minLength": 1}
URI: Schema = {"type": "string", "format": "uri-reference", "pattern": r"^[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*$"}
ABSOLUTE: Schema = {"type": "string", "pattern": r"^https?://"}
FROM_ONE: Schema = {"type": "integer", "minimum": 1}
FROM_ZERO: Schema = {"type": "integer", "minimum": 0}
LEVEL = among("none", "note", "warning", "error")
BAG: Schema = {"type": "object", "properties": {"tags": {"type": "array", "items": TEXT, "uniqueItems": True}}}

MESSAGE: Schema = {"anyOf": [closed("text", text=TEXT, markdown=TEXT), closed("id", id=TEXT)]}
MULTIFORMAT = closed("text", text=WORD, markdown=WORD)
LOCATION_OF_ARTIFACT = closed("uri", uri=URI)
REGION: Schema = {
    "anyOf": [
        closed("startLine", startLine=FROM_ONE, startColumn=FROM_ONE, endLine=FROM_ONE, endColumn=FROM_ONE),
        closed("charOffset", "charLength", charOffset=FROM_ZERO, charLength=FROM_ZERO),
    ]
}
RULE = closed(
    "id",
    "shortDescription",  # GitHub
    "fullDescription",
    "help",
    id=WORD,
    name=WORD,
    helpUri=ABSOLUTE,
    shortDescription=MULTIFORMAT,
    fullDescription=MULTIFORMAT,
    help=MULTIFORMAT,
    defaultConfiguration=closed(level=LEVEL, enabled={"type": "boolean"}),
    properties=BAG,
)
REPLACEMENT = closed("deletedRegion", deletedRegion=REGION, insertedContent=closed(text=TEXT))
FIX = closed(
    "artifactChanges",
    description=MESSAGE,
    artifactChanges=many(
        closed(
            "artifactLocation",
            "replacements",
            artifactLocation=LOCATION_OF_ARTIFACT,
            replacements=many(
                closed("deletedRegion", deletedRegion=REGION, insertedContent=closed(text=TEXT)), least=1
            ),
        ),
        least=1,
    ),
)
RESULT = closed(
    "message",
    "ruleId",
    "locations",  # GitHub
    "partialFingerprints",
    ruleId=WORD,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=many(
        closed(
            physicalLocation=closed("artifactLocation", "region", artifactLocation=LOCATION_OF_ARTIFACT, region=REGION)
        ),
        least=1,
    ),
    partialFingerprints={"type": "object", "additionalProperties": WORD, "minProperties": 1},
    suppressions=many(
        closed(
            "kind",
            kind=among("inSource", "external"),
            status=among("accepted", "underReview", "rejected"),
            justification=TEXT,
        )
    ),
    fixes=many(FIX),
    properties=BAG,
)
INVOCATION = closed(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=many(closed("message", level=LEVEL, message=MESSAGE)),
)
RUN = closed(
    "tool",
    tool=closed(
        "driver",
        driver=closed("name", name=WORD, version=WORD, informationUri=ABSOLUTE, rules=many(RULE)),
    ),
    columnKind=among("utf16CodeUnits", "unicodeCodePoints"),
    invocations=many(INVOCATION),
    results={**many(RESULT), "maxItems": 25_000},
    properties=BAG,
)
SARIF = closed("version", "runs", **{"$schema": ABSOLUTE}, version=among("2.1.0"), runs=many(RUN))

GITLAB = many(
    closed(
        "description",
        "check_name",
        "fingerprint",
        "severity",
        "location",
        description=WORD,
        check_name=WORD,
        fingerprint=WORD,
        severity=among("info", "minor", "major", "critical", "blocker"),
        location=closed(
            "path",
            "lines",
            path={"type": "string", "minLength": 1, "not": {"pattern": r"^(\./|/)"}},
            lines=closed("begin", begin=FROM_ONE),
        ),
    )
)

JUNIT: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests"},
        {"failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package", "file"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "classname"},
        {"time", "assertions", "status", "file", "line"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}
"""As Jenkins' schema has it: element to its required attributes, its other ones, and its children."""
