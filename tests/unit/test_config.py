"""Settings: durations with units, unknown keys by name, where the database and its secrets come from."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.config import (
    Environment,
    Settings,
    find_file,
    format_duration,
    load_settings,
    parse_duration,
    resolve_dsn,
)
from migrator.errors import ConfigError


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIGRATOR_DSN", "DATABASE_URL", "PROD_DSN"):
        monkeypatch.delenv(name, raising=False)


def _write(folder: Path, text: str, name: str = "migrator.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "seconds"), [("200ms", 0.2), ("2s", 2), ("1.5s", 1.5), ("15m", 900), ("72h", 259_200), ("7d", 604_800)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("wrong", ["2", "", "s", "-2s", "2 weeks", "1h30m", 2, 2.5, None, True])
def test_durations_need_a_unit(wrong: object) -> None:
    with pytest.raises(ValueError, match="is not a duration; write 200ms"):
        parse_duration(wrong)


@given(st.integers(0, 10**10))
def test_a_duration_is_read_back_as_written(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0ms"), (250, "250ms"), (60_000, "1m"), (72 * 3_600_000, "72h"), (7 * 86_400_000, "7d")],
)
def test_durations_are_written_as_people_do(milliseconds: int, text: str) -> None:
    assert format_duration(timedelta(milliseconds=milliseconds)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("migration = 'm'", "migration: unknown key"),
        ("[backfill]\nmax_lags = '2s'", "backfill.max_lags: unknown key"),
        ("[services.checkout]\nname = 'x'", "services.checkout.name: unknown key"),
        ("[env.prod]\ndsn = 'postgresql://secret'", "env.prod.dsn: unknown key"),
        ("[backfill]\nmax_lag = 2", "backfill.max_lag: 2 is not a duration"),
        ("[backfill]\nbatch_size = 0", "backfill.batch_size: "),
        ("pg_version = 9", "pg_version: "),
    ],
)
def test_a_wrong_key_is_named_and_its_value_is_not_a_secret_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(_write(tmp_path, text))
    assert words in caught.value.situation
    assert "migrator.toml" in caught.value.situation
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"[backfill", b"\xff\xfe"])
def test_an_unreadable_file_is_an_error_of_the_configuration(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "migrator.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(file)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load_settings(_write(tmp_path, "migrations = 'db/changes'\n[env.prod]\ndsn_file = 'secret.dsn'"))
    assert settings.migrations == tmp_path / "db" / "changes"
    _write(tmp_path, "host=there\n", "secret.dsn")
    assert resolve_dsn(settings, dsn=None, env="prod") == "host=there"


def test_pyproject_holds_the_settings_in_its_own_table(tmp_path: Path) -> None:
    file = _write(tmp_path, "[project]\nname = 'shop'\n[tool.migrator]\nowner = 'team-shop'", "pyproject.toml")
    assert find_file(tmp_path) == file
    assert load_settings(file).owner == "team-shop"


def test_the_file_is_found_upwards_to_the_root_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    _write(tmp_path, "")
    (tmp_path / "repository" / ".git").mkdir()
    assert find_file(inner) is None, "what lies above the repository is not the repository's"
    _write(tmp_path / "repository", "[project]\nname = 'x'", "pyproject.toml")
    assert find_file(inner) is None, "a pyproject.toml without our table is not ours"
    own = _write(tmp_path / "repository" / "a", "")
    assert find_file(inner) == own


def test_option_goes_before_environment_section_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(env={"prod": Environment(dsn_env="PROD_DSN")})
    assert resolve_dsn(settings, dsn=None, env=None) == "", "libpq's own variables decide"
    monkeypatch.setenv("DATABASE_URL", "from DATABASE_URL")
    assert resolve_dsn(settings, dsn=None, env=None) == "from DATABASE_URL"
    monkeypatch.setenv("MIGRATOR_DSN", "from MIGRATOR_DSN")
    assert resolve_dsn(settings, dsn=None, env=None) == "from MIGRATOR_DSN"
    monkeypatch.setenv("PROD_DSN", "from PROD_DSN")
    assert resolve_dsn(settings, dsn=None, env="prod") == "from PROD_DSN"
    assert resolve_dsn(settings, dsn="from the option", env="prod") == "from the option"


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (Environment(dsn_env="PROD_DSN"), "PROD_DSN is not set"),
        (Environment(dsn_file=Path("gone")), "gone cannot be read"),
        (Environment(), "names no database"),
    ],
)
def test_an_environment_without_its_secret_never_falls_back(
    section: Environment, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATOR_DSN", "another database")
    with pytest.raises(ConfigError, match=words):
        resolve_dsn(Settings(env={"prod": section}), dsn=None, env="prod")


def test_an_unknown_environment_names_those_that_exist() -> None:
    settings = Settings(env={"prod": Environment(service="p"), "staging": Environment(service="s")})
    with pytest.raises(ConfigError, match=r"no \[env\.test\].*known: prod, staging"):
        resolve_dsn(settings, dsn=None, env="test")
    assert resolve_dsn(settings, dsn=None, env="staging") == "service=s"


def test_only_the_environment_at_work_says_which_replicas_are_expected() -> None:
    settings = Settings(env={"prod": Environment(replicas=("a",)), "staging": Environment(replicas=("b",))})
    assert set(settings.only("prod").env) == {"prod"}
    assert set(settings.only(None).env) == set()
    assert set(settings.only("test").env) == set()
