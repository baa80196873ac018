"""Requests to other services: forges, Prometheus, feature flags. Every call has a timeout and an end.

Imported only by what asks for it. Secrets go in headers; they are in no error and no log, and to no other server:
a redirect or a next page elsewhere is not followed.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from migrator.clock import Clock, after
from migrator.errors import MigratorError

_ATTEMPTS = 3
_LONGEST_PAUSE_SECONDS = 20.0
_FORBIDDEN, _TOO_MANY, _SERVER_ERROR, _CLIENT_ERROR = 403, 429, 500, 400
_REDIRECTS = 5
_LONGEST = 6
"""An answer that comes in small pieces never meets the limit of one read: so many of them for the whole."""
_MOST_PAGES = 100

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class HttpFailed(MigratorError):
    """No usable answer; `status` is None when there was none at all."""

    def __init__(self, situation: str, todo: str = "", status: int | None = None) -> None:
        self.status = status
        super().__init__(situation, todo, status=status)


class _AgainError(Exception):
    """Worth another try; `pause_seconds` is what the server asked for."""

    def __init__(self, failed: HttpFailed, pause_seconds: float | None = None) -> None:
        self.failed = failed
        self.pause_seconds = pause_seconds
        super().__init__(str(failed))


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: its JSON (None without a body) and the address of the next page, if any."""

    status: int
    data: Any
    next_url: str | None = None


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Asks one service.

    Args:
        clock: waits between attempts; a stop request ends that at once.
        headers: for every request, the credentials among them.
        timeout_seconds: for connecting and for each read.
        attempts: of a request that can be sent twice.
    """

    clock: Clock
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_seconds: float = 10.0
    attempts: int = _ATTEMPTS

    def __post_init__(self) -> None:
        """Raise HttpFailed when a header cannot be sent: the HTTP library would print its value, a token, then."""
        for name, value in self.headers.items():
            if not value.isascii() or not value.isprintable():
                raise HttpFailed(f"The header {name} holds characters that HTTP cannot send.", "Correct the token.")

    def ask(self, method: Method, url: str, body: object = None, params: Mapping[str, str] | None = None) -> Answer:
        """Send a request and return the answer.

        Raises:
            HttpFailed: no connection, a status of 400 or above, or no JSON; after all attempts where another try
                can help and does no harm.
            Stopped: on request, between attempts.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.attempts if method != "POST" else 1),
            wait=_pause_seconds,
            retry=retry_if_exception_type(_AgainError),
            sleep=lambda seconds: self.clock.wait(seconds, f"before asking {_host(url)} again"),
            reraise=True,
        )
        try:
            return retrying(self._once, method, url, body, params)
        except _AgainError as exc:
            raise exc.failed from exc

    def pages(self, url: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Yield the items of a list that is given in pages, by the header `Link: …; rel="next"`."""
        following: str | None = url
        for _ in range(_MOST_PAGES):
            if following is None:
                return
            answer = self.ask("GET", following, params=params)
            items: object = answer.data
            if not isinstance(items, list):
                raise HttpFailed(f"{_host(url)} did not answer with a list.", "Check the address of the API.")
            yield from cast("list[Any]", items)
            following, params = answer.next_url, None
            if following is not None and not self._may_know(httpx.URL(following), httpx.URL(url)):
                raise HttpFailed(f"{_host(url)} names a next page elsewhere.", "Correct the address of the API.")
        raise HttpFailed(f"{_host(url)} gives more than {_MOST_PAGES} pages.", "Ask for less.")

    def _once(self, method: Method, url: str, body: object, params: Mapping[str, str] | None) -> Answer:
        try:
            with (
                httpx.Client(timeout=self.timeout_seconds, headers=dict(self.headers)) as client,
                after(_LONGEST * self.timeout_seconds, client.close),
            ):
                response = client.request(method, url, json=body, params=params)
                for _ in range(_REDIRECTS):
                    if response.next_request is None:
                        break
                    if not self._may_know(response.next_request.url, httpx.URL(url)):
                        raise HttpFailed(f"{_host(url)} leads to another server.", "Name that one, if it is right.")
                    response = client.send(response.next_request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
            raise HttpFailed(f"{url!r} is no address: {str(exc).rstrip('.')}.", "Correct it.") from exc
        except (httpx.HTTPError, RuntimeError) as exc:  # the second one: a redirect after the client was closed
            reason = str(exc) or type(exc).__name__
            raise _AgainError(HttpFailed(f"{_host(url)} gave no answer: {reason}.", "Check the network.")) from exc
        return self._read(response, url)

    def _may_know(self, other: httpx.URL, asked: httpx.URL) -> bool:
        """Whether a server may get what is sent with these headers: it is the one that was asked, or there are none."""
        is_secured = other.scheme in (asked.scheme, "https") and other.port in (asked.port, None)
        return not self.headers or (other.host == asked.host and is_secured)

    def _read(self, response: httpx.Response, url: str) -> Answer:
        if response.status_code >= _CLIENT_ERROR:
            failed, pause = _refused(response, url), _asked_pause(response)
            may_help = response.status_code >= _SERVER_ERROR or failed.status == _TOO_MANY
            if may_help and (pause is None or pause <= _LONGEST_PAUSE_SECONDS):
                raise _AgainError(failed, pause)
            raise failed
        try:
            data = response.json() if response.content else None
        except ValueError as exc:
            raise HttpFailed(f"{_host(url)} did not answer with JSON.", "Check the address.") from exc
        following = response.links.get("next", {}).get("url")
        return Answer(response.status_code, data, str(response.url.join(following)) if following else None)


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for null or anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _refused(response: httpx.Response, url: str) -> HttpFailed:
    path = httpx.URL(url).path
    todo = {401: "Check the token.", 403: "Check the token's rights.", 404: "Check the address and the token's rights."}
    situation = f"{_host(url)} answered {response.status_code} {response.reason_phrase} to {path}."
    if _is_limited(response):
        return HttpFailed(f"{situation} It limits how often it is asked.", "Try again later.", _TOO_MANY)
    return HttpFailed(situation, todo.get(response.status_code, "Try again later."), response.status_code)


def _is_limited(response: httpx.Response) -> bool:
    """Whether it was asked too often; GitHub says that with 403, too, and with one of these headers."""
    if response.status_code != _FORBIDDEN:
        return response.status_code == _TOO_MANY
    return "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0"


def _asked_pause(response: httpx.Response) -> float | None:
    """Return what the server asks for; a limit that says no time is over in an hour at most, which nobody waits for."""
    text = response.headers.get("retry-after", "")
    if text.isdigit():
        return float(text)
    return math.inf if response.headers.get("x-ratelimit-remaining") == "0" else None


def _pause_seconds(state: RetryCallState) -> float:
    """Return one, two, four seconds, or what the server asked for; never more than twenty."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause_seconds if isinstance(error, _AgainError) else None
    return min(asked if asked is not None else 2.0 ** (state.attempt_number - 1), _LONGEST_PAUSE_SECONDS)


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or url
    except httpx.InvalidURL:
        return url
