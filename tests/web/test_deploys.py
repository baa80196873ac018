"""What may be written over HTTP: deploys, and only with the token."""

from typing import Any

import httpx
import pytest

from migrator.deploys.deployments import list_deploys
from migrator.errors import ConfigError
from migrator.pg.connection import connect
from migrator.web.inbound import read_token
from tests.fix_app import Shop
from tests.web.conftest import TOKEN, Open, Visitor

DEPLOY = {"service": "checkout", "version": "1.42.0", "status": "finished", "sha": "3f2a"}


def _post(visitor: Visitor, token: str | None = TOKEN, **content: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.post(f"{visitor.url}/api/v1/deploys", headers=headers, timeout=30, **(content or {"json": DEPLOY}))


def _recorded(shop: Shop) -> list[tuple[str, str, str | None, str]]:
    with connect(shop.dsn) as connection:
        return [(d.service, d.version, d.commit_sha, d.actor) for d in list_deploys(connection)]


def test_a_deploy_is_recorded_with_the_token(one_shop: Shop, visit: Open) -> None:
    visitor = visit(one_shop, actor="ci (migrator serve)")
    answer = _post(visitor)
    assert (answer.status_code, answer.json()["data"]["version"]) == (200, "1.42.0")
    assert _recorded(one_shop) == [("checkout", "1.42.0", "3f2a", "ci (migrator serve)")]


@pytest.mark.parametrize("token", [None, "wrong", TOKEN[:-1], TOKEN.upper(), "ä"])
def test_without_the_token_nothing_is_written(one_shop: Shop, visit: Open, token: str | None) -> None:
    visitor = visit(one_shop)
    header = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    answer = httpx.post(f"{visitor.url}/api/v1/deploys", headers=header, json=DEPLOY, timeout=30)
    assert answer.status_code == 401
    assert TOKEN not in answer.text
    assert _recorded(one_shop) == []


def test_a_server_without_a_token_writes_nothing(one_shop: Shop, visit: Open) -> None:
    answer = _post(visit(one_shop, token=None))
    assert (answer.status_code, "--token-file" in answer.text) == (403, True)
    assert _recorded(one_shop) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"content": b"not json"}, 400),
        ({"json": {**DEPLOY, "colour": "blue"}}, 400),
        ({"json": {**DEPLOY, "status": "perhaps"}}, 400),
        ({"json": {"service": "checkout"}}, 400),
        ({"content": b" " * 20_000}, 413),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(one_shop: Shop, visit: Open, content: dict[str, Any], code: int) -> None:
    assert _post(visit(one_shop), **content).status_code == code
    assert _recorded(one_shop) == []


def test_a_token_that_could_be_guessed_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "token"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_token(file)
    file.write_text("short\n")
    with pytest.raises(ConfigError, match="fewer than 16"):
        read_token(file)
    file.write_text(f"{TOKEN}\n")
    assert read_token(file).is_shown_by(f"bearer {TOKEN}")
    assert TOKEN not in repr(read_token(file))
