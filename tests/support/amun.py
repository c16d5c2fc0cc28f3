"""A server that answers as Amun's API did in 2019, on this machine."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.documents import Document

AMUN_VERSION = "0.7.0"
Answer = Callable[[BaseHTTPRequestHandler], None]


def state(name: str | None, exit_code: int | None = 0) -> Document | None:
    """How far a build or a job is; None where there is none."""
    ended = "2026-11-22T12:10:00" if name == "terminated" else None
    known = {"container": "sha256:0a1b", "reason": None, "started_at": "2026-11-22T12:00:02", "finished_at": ended}
    return None if name is None else {**known, "state": name, "exit_code": exit_code if ended else None}


@dataclass
class Amun:
    """What Amun knows: inspections as documents of 2019 hold them, how far they are, and answers of another kind."""

    url: str = ""
    inspections: dict[str, Document] = field(default_factory=dict)
    statuses: dict[str, Document] = field(default_factory=dict)
    other_answers: dict[str, list[Answer]] = field(default_factory=dict)
    """{path: answers that are given first, each once}."""
    asked: Counter[str] = field(default_factory=Counter)
    """{path: how often it was asked for}."""
    authorizations: set[str | None] = field(default_factory=set)

    def know(self, document: Document, build: str = "terminated", job: str | None = "terminated") -> str:
        """Know an inspection that is so far; its id."""
        inspection_id: str = document["inspection_id"]
        self.inspections[inspection_id] = document
        self.statuses[inspection_id] = {"build": state(build), "job": state(job)}
        return inspection_id

    def first(self, inspection_id: str, what: str, *answers: Answer) -> None:
        """Give these answers before the true one."""
        self.other_answers[f"/api/v1/inspect/{inspection_id}/{what}"] = list(answers)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a request."""
        self.asked[request.path] += 1
        self.authorizations.add(request.headers.get("Authorization"))
        if self.other_answers.get(request.path):
            return self.other_answers[request.path].pop(0)(request)
        _, _, path = request.path.partition("/api/v1/inspect/")
        inspection_id, _, what = path.partition("/")
        document = self.inspections.get(inspection_id)
        if document is None:
            return say(request, {"error": "no such inspection", "parameters": {}}, 404)
        body = {
            "status": self.statuses[inspection_id],
            "specification": {key: document[key] for key in ("specification", "created")},
            "build/log": {"log": document["build_log"]},
            "job/log": {"log": document["job_log"]},
        }[what]
        return say(request, {**body, "parameters": {"inspection_id": inspection_id}})


def say(request: BaseHTTPRequestHandler, body: object, status: int = 200) -> None:
    """Answer with a JSON body."""
    say_bytes(request, json.dumps(body).encode(), status)


def say_bytes(request: BaseHTTPRequestHandler, body: bytes, status: int = 200, *, length: int | None = None) -> None:
    """Answer with a body; length is what is promised, where that is something else."""
    request.send_response(status)
    request.send_header("X-Amun-Version", AMUN_VERSION)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def amun_server() -> Iterator[Amun]:
    """An Amun that knows nothing yet, until the block ends."""
    amun = Amun()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            amun.answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] (whoever asked went away)
    amun.url = f"http://127.0.0.1:{server.server_port}/api/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield amun
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
