"""A network between stores and a real S3 server, on the loopback interface, that does to answers what networks do."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import BinaryIO, NamedTuple

Stream = BinaryIO


class Request(NamedTuple):
    """What a client sent."""

    method: str
    target: str
    head: bytes
    body: bytes

    @property
    def is_listing(self) -> bool:
        return "list-type=2" in self.target


class Answer(NamedTuple):
    """What the server answered."""

    head: bytes
    body: bytes

    def with_length(self, length: int) -> Answer:
        """The same with another Content-Length."""
        return self._replace(head=re.sub(rb"(?i)(content-length:) *[0-9]+", rb"\1 %d" % length, self.head))


class Line:
    """The connection to the client that waits for an answer."""

    def __init__(self, client: socket.socket, stopping: threading.Event) -> None:
        self._client = client
        self._stopping = stopping
        self.is_over = False

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._client.sendall(piece)

    def pass_on(self, answer: Answer) -> None:
        self.send(answer.head, answer.body)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while, unless the test ends."""
        self._stopping.wait(seconds)

    def reset(self) -> None:
        """End the connection as a host does that went away and came back: what is under way is lost."""
        time.sleep(0.05)  # what was sent before shall arrive
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.is_over = True

    def end(self) -> None:
        """End the connection politely, however much was promised."""
        self._client.shutdown(socket.SHUT_RDWR)
        self.is_over = True


Fault = Callable[[Line, Callable[[], Answer]], None]
"""Answers a request: the second argument asks the server behind."""


# --- Faults ----------------------------------------------------------------------------------------------------------


def refuse(status: int, code: str, message: str = "by a test") -> Fault:
    """Answer an error as S3 words it; to HEAD it must have no body, which code="" is for."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()
    return answer(status, body if code else b"", "application/xml")


def answer(status: int, body: bytes, content_type: str = "text/html") -> Fault:
    """Answer this, whatever was asked."""
    head = f"HTTP/1.1 {status} Of A Test\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda line, _: line.send(head.encode(), body)


def reset_after(size: int) -> Fault:
    """Reset the connection after so many bytes of the body."""

    def fault(line: Line, ask: Callable[[], Answer]) -> None:
        whole = ask()
        line.send(whole.head, whole.body[:size])
        line.reset()

    return fault


def end_after(size: int) -> Fault:
    """End the connection after so many bytes of the body, though more were promised."""

    def fault(line: Line, ask: Callable[[], Answer]) -> None:
        whole = ask()
        line.send(whole.head, whole.body[:size])
        line.end()

    return fault


def cut_to(size: int) -> Fault:
    """Answer fewer bytes, and promise no more."""

    def fault(line: Line, ask: Callable[[], Answer]) -> None:
        whole = ask()
        line.pass_on(whole.with_length(size)._replace(body=whole.body[:size]))

    return fault


def fall_silent_after(size: int, seconds: float) -> Fault:
    """Send so many bytes of the body and then nothing for a while."""

    def fault(line: Line, ask: Callable[[], Answer]) -> None:
        whole = ask()
        line.send(whole.head, whole.body[:size])
        line.wait(seconds)
        line.end()

    return fault


def be_slow(seconds: float, size: int) -> Fault:
    """Send pieces of so many bytes, so many seconds apart."""

    def fault(line: Line, ask: Callable[[], Answer]) -> None:
        whole = ask()
        line.send(whole.head)
        for start in range(0, len(whole.body), size):
            line.wait(seconds)
            line.send(whole.body[start : start + size])

    return fault


def damage(line: Line, ask: Callable[[], Answer]) -> None:
    """Change one byte of the body."""
    whole = ask()
    middle = len(whole.body) // 2
    body = bytearray(whole.body)
    body[middle] ^= 1
    line.pass_on(whole._replace(body=bytes(body)))


def say_nothing(seconds: float) -> Fault:
    """Do not answer at all."""

    def fault(line: Line, _: Callable[[], Answer]) -> None:
        line.wait(seconds)
        line.end()

    return fault


def hang_up(line: Line, _: Callable[[], Answer]) -> None:
    """Reset the connection instead of an answer; the server behind never hears of the request."""
    line.reset()


def lose_the_answer(line: Line, ask: Callable[[], Answer]) -> None:
    """Let the server do what was asked, and reset the connection instead of saying so."""
    ask()
    line.reset()


# --- The proxy -------------------------------------------------------------------------------------------------------


class FaultyNetwork:
    """A proxy; the requests that a rule is for have faults, in turn, until these are used up. Others pass."""

    def __init__(self, endpoint_url: str) -> None:
        host, port = endpoint_url.removeprefix("http://").split(":")
        self._behind = (host, int(port))
        self.requests: list[Request] = []
        self._rules: list[tuple[Callable[[Request], bool], list[Fault]]] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> FaultyNetwork:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self._threads)

    def on(self, applies: Callable[[Request], bool], *faults: Fault, times: int = 1) -> None:
        """Answer the next requests that this applies to with these faults, all of them so many times."""
        self._rules.append((applies, list(faults) * times))

    def forget(self) -> None:
        """Pass everything again, as if nothing had been."""
        with self._lock:
            self._rules.clear()
            self.requests.clear()

    def seen(self, method: str) -> list[Request]:
        """The requests with this method, in the order they came."""
        return [request for request in self.requests if request.method == method]

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket()
        with client, server, suppress(OSError, EOFError):
            with self._lock:
                self._open |= {client, server}
            try:
                server.connect(self._behind)
                asking, answering = client.makefile("rb"), server.makefile("rb")
                with asking, answering:
                    while self._answer(client, server, asking, answering):
                        pass
            finally:
                with self._lock:
                    self._open -= {client, server}

    def _answer(self, client: socket.socket, server: socket.socket, asking: Stream, answering: Stream) -> bool:
        head = _read_head(asking)
        if not head:
            return False
        if b"100-continue" in head.lower():
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = re.sub(rb"(?i)expect:[^\r]*\r\n", b"", head)
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        request = Request(method, target, head, _read_body(asking, head))
        with self._lock:
            self.requests.append(request)
            fault = self._fault_for(request)

        def ask() -> Answer:
            server.sendall(head + request.body)
            answered = _read_head(answering)
            no_body = method == "HEAD" or re.match(rb"HTTP/1.1 (204|304)", answered)
            return Answer(answered, b"" if no_body else _read_body(answering, answered))

        line = Line(client, self._stopping)
        if fault is None:
            line.pass_on(ask())
        else:
            fault(line, ask)
        return not line.is_over

    def _fault_for(self, request: Request) -> Fault | None:
        for applies, faults in self._rules:
            if faults and applies(request):
                return faults.pop(0)
        return None


def _read_head(stream: Stream) -> bytes:
    head = b"".join(_lines(stream))
    if head and not head.endswith(b"\r\n\r\n"):
        raise EOFError
    return head


def _lines(stream: Stream) -> Iterable[bytes]:
    while line := stream.readline():
        yield line
        if line == b"\r\n":
            return


def _read_body(stream: Stream, head: bytes) -> bytes:
    if re.search(rb"(?i)transfer-encoding: *chunked", head):
        return b"".join(_chunks(stream))
    length = re.search(rb"(?i)content-length: *([0-9]+)", head)
    return stream.read(int(length[1])) if length else b""


def _chunks(stream: Stream) -> Iterable[bytes]:
    while True:
        line = stream.readline()
        chunk = stream.read(int(line.split(b";")[0], 16) + 2)
        yield line + chunk
        if int(line.split(b";")[0], 16) == 0:
            return
