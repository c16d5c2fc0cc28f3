"""The store whose two arguments changed places."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from thoth.storages import AnalysisByDigest
from thoth.storages.exceptions import NoDocumentIdError

DIGEST = f"sha256:{'5c' * 32}"
ANALYSIS = {"analysis_id": "package-extract-210505100000-0a", "cached": True}


@pytest.fixture
def by_digest(settings: pytest.MonkeyPatch) -> AnalysisByDigest:
    store = AnalysisByDigest()
    store.connect()
    return store


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((ANALYSIS, DIGEST), {}),
        ((ANALYSIS,), {"document_id": DIGEST}),
        ((), {"document": ANALYSIS, "document_id": DIGEST}),
        ((OrderedDict(ANALYSIS), DIGEST), {}),
    ],
)
def test_the_document_first_gives_the_digest_back(
    by_digest: AnalysisByDigest, arguments: tuple[Any, ...], named: dict[str, Any]
) -> None:
    assert by_digest.store_document(*arguments, **named) == DIGEST
    assert list(by_digest.iterate_results()) == [(DIGEST, ANALYSIS)]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((DIGEST, ANALYSIS), {}),
        ((DIGEST,), {"analysis_info": ANALYSIS}),
        ((), {"image_digest": DIGEST, "analysis_info": ANALYSIS}),
        ((), {"analysis_info": ANALYSIS, "image_digest": DIGEST}),
    ],
)
def test_the_digest_first_gives_the_servers_answer(
    by_digest: AnalysisByDigest, arguments: tuple[Any, ...], named: dict[str, Any]
) -> None:
    answer = by_digest.store_document(*arguments, **named)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert list(by_digest.iterate_results()) == [(DIGEST, ANALYSIS)]


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        ((DIGEST, DIGEST), "str and str"),
        ((ANALYSIS, ANALYSIS), "dict and dict"),
        ((DIGEST,), "str"),
        ((), "nothing"),
        ((ANALYSIS, 5), "dict and int"),
        ((b"sha256", ANALYSIS), "bytes and dict"),
    ],
)
def test_two_of_the_same_kind_are_refused(by_digest: AnalysisByDigest, arguments: tuple[Any, ...], kinds: str) -> None:
    with pytest.raises(TypeError, match=rf"a document \(dict\) and an image's digest \(str\).*, not {kinds}$"):
        by_digest.store_document(*arguments)
    assert by_digest.get_document_count() == 0


def test_two_digests_are_refused_however_they_are_named(by_digest: AnalysisByDigest) -> None:
    mixed: Any = {"document_id": DIGEST, "image_digest": "sha256:0a"}
    with pytest.raises(TypeError, match="not str and dict and str$"):
        by_digest.store_document(ANALYSIS, **mixed)
    assert by_digest.get_document_count() == 0


def test_in_neither_order_an_id_is_taken_that_no_listing_would_show(by_digest: AnalysisByDigest) -> None:
    for wrong in ("", "quay.io/image@sha256:5c", "one.request"):
        with pytest.raises(ValueError, match="must not be empty|is no id of a document"):
            by_digest.store_document(ANALYSIS, wrong)
        with pytest.raises(ValueError, match="must not be empty|is no id of a document"):
            by_digest.store_document(wrong, ANALYSIS)
    with pytest.raises(NoDocumentIdError):
        by_digest.store_document(ANALYSIS)
    assert by_digest.get_document_count() == 0
