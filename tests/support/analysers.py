"""The head of documents that analysers write, whatever their kind."""

from __future__ import annotations

from typing import Any

from support.documents import Document, real_document


def written(analyzer: str, document_id: str, arguments: dict[str, Any], result: Any) -> Document:
    """A document as the analyser of this name writes it, with the head that a real one has."""
    metadata = real_document("six==1.16.0")["metadata"]
    metadata.update(analyzer=analyzer, analyzer_version="1.2.3", arguments=arguments, document_id=document_id)
    return {"metadata": metadata, "result": result}


def as_of_2019(document: Document) -> Document:
    """The document with the head of 2019: its id is that of the pod that made it."""
    for key in ("duration", "os_release", "thoth_deployment_name"):
        del document["metadata"][key]
    document["metadata"]["hostname"] = f"{document['metadata'].pop('document_id')}-x1b2c"
    return document


def on_day(document: Document, day: int) -> Document:
    """The document, made on this day of a month."""
    document["metadata"]["datetime"] = f"2026-11-{day:02d}T11:35:28.361777"
    return document
