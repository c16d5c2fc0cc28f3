"""What is known of container images, found by their digests."""

from __future__ import annotations

from typing import Any, overload

from .result_base import ResultStorageBase, check_document_id


class AnalysisByDigest(ResultStorageBase):
    """A document for each image that was analyzed, under the image's digest (sha256:...): which analysis it was."""

    RESULT_TYPE = "analysis-by-digest"

    @overload
    def store_document(self, document: dict[str, Any], document_id: str | None = None) -> str: ...

    @overload
    def store_document(self, image_digest: str, analysis_info: dict[str, Any], /) -> dict[str, Any]: ...

    @overload
    def store_document(self, *, image_digest: str, analysis_info: dict[str, Any]) -> dict[str, Any]: ...

    def store_document(
        self,
        document: dict[str, Any] | str | None = None,
        document_id: str | dict[str, Any] | None = None,
        *,
        image_digest: str | None = None,
        analysis_info: dict[str, Any] | None = None,
    ) -> str | dict[str, Any]:
        """The digest under which the document is stored now; with the digest first, as in 2019, the server's answer.

        Raises TypeError where the two are not one text and one document, else what other stores raise.
        """
        given = [value for value in (image_digest, document, document_id, analysis_info) if value is not None]
        document, digest = _told_apart(given)
        if digest is None or given[0] is document:
            return super().store_document(document, digest)
        check_document_id(digest)
        return self.ceph.store_document(document, self._object_key(digest))


def _told_apart(given: list[str | dict[str, Any]]) -> tuple[dict[str, Any], str | None]:
    """The one document among these values, and the one text, if any. Raises TypeError where there is something else."""
    documents = [value for value in given if isinstance(value, dict)]
    digests = [value for value in given if isinstance(value, str)]
    if len(documents) != 1 or len(digests) > 1 or len(given) != len(documents) + len(digests):
        kinds = " and ".join(type(value).__name__ for value in given) or "nothing"
        raise TypeError(f"expected a document (dict) and an image's digest (str), in either order, not {kinds}")
    return documents[0], next(iter(digests), None)
