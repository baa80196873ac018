"""A line between client and server that is cut in COMMIT, before or after the server has heard it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from migrator.pg.driver import conninfo_to_dict, make_conninfo


class CommitCutter:
    """Forwards sessions to the server of `dsn`; the commits whose numbers are in `cut_commits` cut their session.

    With `is_forwarded` the server gets the COMMIT and ends it before the line is cut; without, it never gets it.
    """

    def __init__(self, dsn: str, *, cut_commits: set[int], is_forwarded: bool) -> None:
        parts = conninfo_to_dict(dsn)
        self._target = (str(parts["host"]), int(str(parts["port"])))
        self._cut_commits = cut_commits
        self._is_forwarded = is_forwarded
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._seen = 0
        self.cuts = 0
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=self._listener.getsockname()[1], sslmode="disable")

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for line in self._open:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for line in self._open:
            line.close()

    def _start(self, target: Callable[..., None], *lines: socket.socket) -> None:
        thread = threading.Thread(target=target, args=lines, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                self._start(self._to_server, client, server)
                self._start(self._to_client, server, client)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if b"COMMIT" in data and self._is_cut():
                    client.shutdown(socket.SHUT_RDWR)
                    if self._is_forwarded:
                        server.sendall(data)
                    server.shutdown(socket.SHUT_WR)
                    return
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _is_cut(self) -> bool:
        self._seen += 1
        is_cut = self._seen in self._cut_commits
        self.cuts += is_cut
        return is_cut

    def _to_client(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
