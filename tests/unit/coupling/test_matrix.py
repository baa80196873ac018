"""Every row of the matrix, in both modes and both scopes."""

import pytest

from migrator.coupling.decision import Decision, Level, Verdict
from migrator.coupling.evidence import Evidence, Scope
from migrator.coupling.judge import judge
from tests.unit.coupling.cases import (
    ADDS,
    APP,
    CONTRACT,
    DROPS,
    EMAIL,
    EXPAND,
    FILLS,
    HEAD,
    MIGRATE,
    USERS,
    change,
    evidence,
    sql_file,
    use,
)

POLICY = (
    "Schema and application code cannot ship in the same release. "
    "Split into two PRs: schema first, application changes second."
)
AWARE = {"mode": "phase-aware"}


def codes(decision: Decision, level: Level = Level.ERROR) -> list[str]:
    return sorted({finding.rule for finding in decision.findings if finding.level is level})


@pytest.mark.parametrize("mode", ["strict", "phase-aware"])
@pytest.mark.parametrize("path", ["README.md", "tests/test_users.py", "db/structure.sql", ".github/workflows/ci.yml"])
def test_schema_travels_with_what_is_no_code(path: str, mode: str) -> None:
    decision = judge(evidence(change(EXPAND, "added"), change(path), sql_files=[ADDS], policy={"mode": mode}))
    assert decision.verdict is Verdict.PASS
    assert not decision.findings


def test_strict_refuses_any_code_with_any_migration() -> None:
    decision = judge(evidence(change(EXPAND, "added"), change(APP, line=12), sql_files=[ADDS]))
    assert decision.verdict is Verdict.FAIL
    (finding,) = decision.findings
    assert (finding.rule, finding.name, finding.path, finding.line) == ("CPL001", "coupled-change", APP, 12)
    assert finding.message.startswith(POLICY)
    assert EXPAND in finding.message
    assert f"git checkout {HEAD[:12]} -- {EXPAND}" in finding.help


def test_a_release_of_two_clean_pull_requests_is_coupled() -> None:
    decision = judge(evidence(change(EXPAND, "added"), change(APP), sql_files=[ADDS], scope=Scope.RELEASE))
    assert codes(decision) == ["CPL002"]


def test_phase_aware_lets_an_expand_travel_with_code_that_does_not_use_it() -> None:
    found = evidence(change(EXPAND, "added"), change(APP), sql_files=[ADDS], policy=AWARE, references=[use("email")])
    decision = judge(found)
    assert decision.verdict is Verdict.PASS
    assert codes(decision, Level.NOTICE) == ["CPL001"]


def test_phase_aware_names_the_place_that_needs_the_expand_first() -> None:
    found = evidence(change(EXPAND, "added"), change(APP), sql_files=[ADDS], policy=AWARE, references=[use("mail")])
    (finding,) = judge(found).findings
    assert (finding.level, finding.path, finding.line, finding.column) == (Level.ERROR, APP, 7, 5)
    assert "public.users.mail" in finding.message


def test_phase_aware_without_a_scan_is_unknown() -> None:
    found = evidence(change(EXPAND, "added"), change(APP), sql_files=[ADDS], policy=AWARE, scanned={})
    assert judge(found).verdict is Verdict.UNKNOWN


def test_phase_aware_migrate_fails_on_its_own_table_only() -> None:
    for reference, verdict in ((use("name"), Verdict.FAIL), (use("id", table="orders"), Verdict.PASS)):
        found = evidence(change(MIGRATE, "added"), change(APP), sql_files=[FILLS], policy=AWARE, references=[reference])
        assert judge(found).verdict is verdict


def test_a_contract_never_travels_with_code() -> None:
    for policy in ({}, AWARE):
        found = evidence(change(CONTRACT, "added"), change(APP), sql_files=[DROPS], policy=policy)
        assert codes(judge(found)) == ["CPL001"]


@pytest.mark.parametrize(("ref", "code"), [("head", "CPL003"), ("deployed", "CPL004")])
@pytest.mark.parametrize("mode", ["strict", "phase-aware"])
def test_a_contract_waits_for_the_last_reference(ref: str, code: str, mode: str) -> None:
    found = evidence(
        change(CONTRACT, "added"), sql_files=[DROPS], policy={"mode": mode}, references=[use("email", ref)]
    )
    decision = judge(found)
    assert codes(decision) == [code]
    assert f"{APP}:7:5" in decision.findings[0].message


def test_a_star_is_a_reference_to_what_goes() -> None:
    found = evidence(change(CONTRACT, "added"), sql_files=[DROPS], references=[use(None, is_star=True)])
    assert codes(judge(found)) == ["CPL003"]


def test_a_contract_alone_passes_when_nothing_uses_it() -> None:
    others = [
        use("name"),
        use("email", table="orders"),
        use("email", schema_name="audit"),
        use("email", path="tests/a.py"),
    ]
    decision = judge(evidence(change(CONTRACT, "added"), sql_files=[DROPS], references=others))
    assert decision.verdict is Verdict.PASS


@pytest.mark.parametrize("missing", [{"deployed": ()}, {"scanned": {HEAD: 3}}, {"scanned": {}}])
def test_a_contract_without_evidence_is_unknown(missing: dict[str, object]) -> None:
    decision = judge(evidence(change(CONTRACT, "added"), sql_files=[DROPS], **missing))
    assert decision.verdict is Verdict.UNKNOWN
    assert decision.unknowns


def test_a_whole_table_is_used_by_any_reference_to_it() -> None:
    drops = sql_file(CONTRACT, removes=[USERS])
    found = evidence(change(CONTRACT, "added"), sql_files=[drops], references=[use("name")])
    assert codes(judge(found)) == ["CPL003"]


@pytest.mark.parametrize("why", [{"mixed": "it adds and drops"}, {"problem": "syntax error"}])
def test_what_is_mixed_or_unreadable_fails_alone_and_with_code(why: dict[str, str]) -> None:
    mixed = sql_file(EXPAND, **why)
    assert codes(judge(evidence(change(EXPAND, "added"), sql_files=[mixed]))) == ["CPL008"]
    found = evidence(change(EXPAND, "added"), change(APP), sql_files=[mixed], policy=AWARE)
    assert "CPL001" in codes(judge(found)) or "CPL008" in codes(judge(found))


def test_a_rename_between_schema_and_code_is_coupled_with_itself() -> None:
    moved = change("migrations/1.sql", "renamed", old_path="src/schema_of_orders.py")
    decision = judge(evidence(moved, sql_files=[sql_file("migrations/1.sql")]))
    assert "CPL001" in codes(decision)


def test_models_may_travel_with_an_expand_when_the_policy_says_so() -> None:
    for allowed, verdict in (("expand", Verdict.PASS), ("none", Verdict.FAIL)):
        found = evidence(
            change(EXPAND, "added"), change("shop/models.py"), sql_files=[ADDS], policy={"models_with": allowed}
        )
        assert judge(found).verdict is verdict


def test_services_on_other_databases_are_not_coupled() -> None:
    policy = {
        "service": [
            {"name": "checkout", "app": ["svc/checkout/**"], "migrations": ["db/main/**"]},
            {"name": "billing", "app": ["svc/billing/**"], "shares_db_with": ["checkout"]},
            {"name": "search", "app": ["svc/search/**"]},
        ]
    }
    for path, verdict in (
        ("svc/search/a.py", Verdict.PASS),
        ("svc/billing/a.py", Verdict.FAIL),
        ("svc/checkout/a.py", Verdict.FAIL),
        ("lib/shared.py", Verdict.FAIL),
    ):
        found = evidence(change("db/main/001.sql", "added"), change(path), policy=policy)
        assert judge(found).verdict is verdict, path


def found_by(given: Evidence) -> list[str]:
    return codes(judge(given))


def test_ddl_that_no_pattern_knows() -> None:
    assert found_by(evidence(change("rust/node-schema/001.sql", "added", ddl_line=3))) == ["CPL005"]
    assert found_by(evidence(change("tests/fixtures/world.sql", "added", ddl_line=3))) == []


@pytest.mark.parametrize("status", ["modified", "deleted", "renamed"])
def test_a_migration_that_may_have_run_is_not_rewritten(status: str) -> None:
    more = {"old_path": "migrations/0001.sql"} if status == "renamed" else {}
    path = "migrations/0002.sql" if status == "renamed" else "migrations/0001.sql"
    rewritten = change(path, status, was_on_base=True, **more)
    assert found_by(evidence(rewritten)) == ["CPL006"]
    assert found_by(evidence(rewritten, policy={"squash": ["migrations/000*.sql"]})) == []


def test_a_new_file_of_an_old_migration_and_a_repeatable_one_rewrite_nothing() -> None:
    assert found_by(evidence(change(CONTRACT, "added"), sql_files=[DROPS])) == []
    assert found_by(evidence(change("migrations/R__views.sql", was_on_base=True))) == []
    manifest = "migrations/20260901_mail/migration.toml"
    later = sql_file(manifest, phase="manifest", contract_by="2027-01-01", needs_deadline=True)
    assert found_by(evidence(change(manifest, was_on_base=True), sql_files=[later])) == []


@pytest.mark.parametrize(("day", "expected"), [(None, ["CPL010"]), ("2026-11-20", ["CPL010"]), ("2026-11-21", [])])
def test_what_is_to_be_removed_has_a_date(day: str | None, expected: list[str]) -> None:
    expand = sql_file(EXPAND, adds=[EMAIL], needs_deadline=True, contract_by=day)
    assert found_by(evidence(change(EXPAND, "added"), sql_files=[expand])) == expected


def test_the_policy_is_not_changed_by_what_it_judges() -> None:
    found = evidence(change(EXPAND, "added"), change(APP), sql_files=[ADDS], policy_changes=["migrator.toml"])
    assert found_by(found) == ["CPL001", "CPL011"]
    alone = judge(evidence(change(EXPAND, "added"), sql_files=[ADDS], policy_changes=["migrator.toml"]))
    assert alone.verdict is Verdict.PASS
    assert codes(alone, Level.WARNING) == ["CPL011"]


def test_stars_and_guessed_files_are_warnings() -> None:
    adds = judge(evidence(change(EXPAND, "added"), sql_files=[ADDS], references=[use(None, is_star=True)]))
    assert codes(adds, Level.WARNING) == ["CPL009"]
    drops = judge(evidence(change(CONTRACT, "added"), sql_files=[DROPS], not_scanned=["src/a.rb"]))
    assert codes(drops, Level.WARNING) == ["CPL012"]
    assert (adds.verdict, drops.verdict) == (Verdict.PASS, Verdict.PASS)


def test_a_diff_that_cannot_be_read_is_unknown_and_never_passes() -> None:
    doubt = {"topic": "diff", "text": "no merge base"}
    assert judge(evidence(unknowns=[doubt])).verdict is Verdict.UNKNOWN
    found = evidence(change(EXPAND, "added"), change(APP), sql_files=[ADDS], unknowns=[doubt])
    assert judge(found).verdict is Verdict.FAIL


def test_the_evidence_survives_its_file() -> None:
    given = evidence(change(CONTRACT, "added"), sql_files=[DROPS], references=[use("email")])
    again = Evidence.model_validate_json(given.model_dump_json())
    assert again == given
    assert judge(again) == judge(given)
