"""A real uvicorn on a free port of the loopback, in front of a real database with a rendered rename."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from migrator.clock import SystemClock
from migrator.config import Service, Settings
from migrator.web.inbound import Token
from migrator.web.server import Site, serving
from tests.fix_app import RENAME, Shop

TOKEN = "a-token-of-the-tests-0123456789"


@dataclass(frozen=True)
class Visitor:
    """Asks the server; `url` is its address."""

    url: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=30)

    def gate(self, phase: str, migration: str = RENAME, method: str = "GET") -> httpx.Response:
        return httpx.request(method, f"{self.url}/gate/{migration}/{phase}", timeout=30)

    def data(self, phase: str, migration: str = RENAME) -> dict[str, Any]:
        answer = self.get(f"/api/v1/gates/{migration}/{phase}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        return answer.json()["data"]

    def samples(self) -> dict[str, float]:
        lines = [line for line in self.get("/metrics").text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


Open = Callable[..., Visitor]


@pytest.fixture
def visit() -> Generator[Open]:
    """Give a function that starts a server for a shop; evaluations are kept for no time unless asked."""
    with ExitStack() as stack:

        def start(shop: Shop, **changes: Any) -> Visitor:
            services = {"checkout": Service(app_name=r"^checkout/(?P<version>[^ +]+)")}
            settings = Settings(migrations=shop.migrations, services=services)
            site = replace(Site(kept_seconds=0.0, environment="production", token=Token(TOKEN)), **changes)
            return Visitor(stack.enter_context(serving(shop.dsn, settings, site, SystemClock())))

        yield start
