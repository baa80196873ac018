"""Reading the answers of a forge: what is not of the documented form is no answer, and never a traceback."""

import base64
import binascii
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from migrator.http import HttpFailed


class Queued(NamedTuple):
    """One request of a queue: its last commit there, and the one before its first where the forge says that."""

    number: int
    head: str
    base: str = ""


@contextmanager
def documented() -> Generator[None]:
    """Read an answer; also as a decorator.

    Raises:
        HttpFailed: it is not of the form that the code inside expects.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        text = f"The forge's answer is not of the documented form ({type(exc).__name__})."
        raise HttpFailed(text, "Check the address of the API.") from exc


def texts(item: Mapping[str, object], *names: str) -> Iterator[str]:
    """Yield these values of an answer.

    Raises:
        HttpFailed: one of them is missing.
    """
    for name in names:
        value = item.get(name)
        if not isinstance(value, str) or not value:
            raise HttpFailed(f"The forge's answer has no {name}.", "Clone the whole history.")
        yield value


def in_base64(item: Mapping[str, object]) -> bytes:
    """Return the content of a file as both forges give it.

    Raises:
        HttpFailed: it is not given, as for one that is too large.
    """
    content = item.get("content")
    if item.get("encoding") != "base64" or not isinstance(content, str):
        raise HttpFailed("The forge does not give the content.", "Clone the whole history.")
    try:
        return base64.b64decode(content)
    except binascii.Error as exc:
        raise HttpFailed("The forge's answer is no base64.", "Clone the whole history.") from exc
