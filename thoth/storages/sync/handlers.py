"""The functions that jobs call: each counts what became of the documents of a kind, or of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from itertools import chain
from typing import Any, overload

from ..graph.postgres import GraphDatabase
from .amun import amun_source, ids_apart, sync_from_amun
from .kinds import (
    ADVISER,
    ANALYSIS,
    DEPENDENCY_MONKEY,
    INSPECTION,
    KINDS,
    PACKAGE_ANALYSIS,
    PROVENANCE_CHECKER,
    REVERSE_SOLVER,
    SECURITY_INDICATORS,
    SOLVER,
)
from .outcomes import Outcome, SyncCounts, count_outcomes, counts_of
from .selection import Shard
from .syncing import iterate_sync, iterate_sync_documents

UNKNOWN = "unknown"
"""The key of sync_documents() for documents of no kind."""


def sync_solver_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of solver documents; see iterate_sync(), which does the same step by step.

    Without ids all documents of the store are synced, with an empty list none. What is in the graph is skipped unless
    forced: of listed documents those with the same ETag, or else the same content, of given ones those with the same
    id. Local ids are paths of JSON files. A document that cannot be synced raises, or, if graceful, is logged, counted
    and put into quarantine, where the next sync leaves it alone (and counts it as skipped) until its object is another
    one; a database or a store that is gone raises all the same. Without a graph one is connected to, as the settings
    say, and disconnected from afterwards.

    Raises ValueError for local documents without ids, and what GraphDatabase.sync_solver_result raises.
    """
    outcomes = iterate_sync(SOLVER, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local)
    return count_outcomes(outcomes)


def sync_revsolver_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of reverse solver documents; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(
        REVERSE_SOLVER, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local
    )
    return count_outcomes(outcomes)


def sync_security_indicators_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of aggregated security indicators; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(
        SECURITY_INDICATORS, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local
    )
    return count_outcomes(outcomes)


def sync_package_analysis_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of analyses of packages; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(
        PACKAGE_ANALYSIS, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local
    )
    return count_outcomes(outcomes)


def sync_analysis_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of image analyses; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(ANALYSIS, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local)
    return count_outcomes(outcomes)


def sync_provenance_checker_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of provenance checks; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(
        PROVENANCE_CHECKER, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local
    )
    return count_outcomes(outcomes)


def sync_adviser_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of an adviser's documents; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(ADVISER, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local)
    return count_outcomes(outcomes)


def sync_dependency_monkey_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of Dependency Monkey's reports; the rules of sync_solver_documents()."""
    outcomes = iterate_sync(
        DEPENDENCY_MONKEY, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local
    )
    return count_outcomes(outcomes)


@overload
def sync_inspection_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts: ...


@overload
def sync_inspection_documents(
    amun_api_url: str,
    document_ids: Iterable[str] | None = None,
    *,
    force_sync: bool = False,
    graceful: bool = False,
    only_graph_sync: bool = False,
    only_ceph_sync: bool = False,
    graph: GraphDatabase | None = None,
) -> SyncCounts: ...


def sync_inspection_documents(*positional: Any, **named: Any) -> SyncCounts:
    """(processed, synced, skipped, failed) of inspections' results; the rules of sync_solver_documents().

    Each result is a document of its own, <inspection id>/results/<number>; the id of an inspection alone means all of
    its results. A file holds one whole document: document_id, result_number, specification and result, or one of 2019.

    With the URL of Amun's API first, as in 2019, inspections are fetched from there instead, told to the graph and put
    into the object store: those with the given ids or, without ids, all that reports of Dependency Monkey in the store
    speak of. Skipped is what is in the graph and in the store already (in the one that is asked for alone, if one is),
    unless forced, and what Amun has not finished. A document at fault and an inspection that Amun does not know raise
    or, if graceful, are logged and counted; Amun, a database or a store that is gone raises all the same.

    Raises ValueError for both only_graph_sync and only_ceph_sync, and what AmunClient.inspection() raises.
    """
    if "amun_api_url" in named or (positional and isinstance(positional[0], str)):
        return sync_from_amun(*positional, **named)
    return _sync_stored_inspections(*positional, **named)


def _sync_stored_inspections(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    outcomes = iterate_sync(INSPECTION, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local)
    return count_outcomes(outcomes)


HANDLERS_MAPPING: dict[str, Callable[..., SyncCounts]] = {
    SOLVER.key: sync_solver_documents,
    REVERSE_SOLVER.key: sync_revsolver_documents,
    SECURITY_INDICATORS.key: sync_security_indicators_documents,
    PACKAGE_ANALYSIS.key: sync_package_analysis_documents,
    ANALYSIS.key: sync_analysis_documents,
    PROVENANCE_CHECKER.key: sync_provenance_checker_documents,
    ADVISER.key: sync_adviser_documents,
    DEPENDENCY_MONKEY.key: sync_dependency_monkey_documents,
    INSPECTION.key: sync_inspection_documents,
}
"""{key: function} of all kinds, in the order in which sync_documents() syncs them.

The keys are what callers know: the first word of the ids of a kind. Two kinds start with "package": that key is the
one of image analyses (package-extract), as it was; analyses of packages (package-analyzer) have a key of their own.
"""


def sync_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
    *,
    since: date | None = None,
    shard: Shard | str | None = None,
    retry_quarantined: bool = False,
    amun_api_url: str | None = None,
    inspection_only_graph_sync: bool = False,
    inspection_only_ceph_sync: bool = False,
) -> dict[str, SyncCounts]:
    """{key of HANDLERS_MAPPING: (processed, synced, skipped, failed)} of documents of every kind, in its order.

    Without ids, or with none, all documents of all stores are synced. The kind of a given document is that of the
    longest prefix its id, or the name of its local file, starts with. A document of no kind raises ValueError before
    anything is synced, or, if graceful, is logged and counted under one more key, unknown. since, shard and
    retry_quarantined mean what they mean to iterate_sync(), the rest what it means to sync_solver_documents().

    With the URL of Amun's API the given inspections are fetched from there after all else or, without ids, those that
    sync_inspection_documents() would fetch, beside those in the store; inspection_only_graph_sync and
    inspection_only_ceph_sync are what is called only_graph_sync and only_ceph_sync there. Raises ValueError for these
    two together, for one without the URL, and for the URL with local files, since or shard.
    """
    source = amun_source(amun_api_url, inspection_only_graph_sync, inspection_only_ceph_sync)
    if source is not None and (is_local or since is not None or shard is not None):
        raise ValueError("amun_api_url goes neither with local documents nor with since or shard")
    ids, inspections = (document_ids, []) if source is None else ids_apart(document_ids)
    outcomes = iterate_sync_documents(
        ids,
        force=force,
        graceful=graceful,
        graph=graph,
        is_local=is_local,
        since=since,
        shard=shard,
        retry_quarantined=retry_quarantined,
    )
    if source is not None:
        fetched = source.outcomes(inspections, graph, force=force, graceful=graceful)
        outcomes = fetched if ids == [] else chain(outcomes, fetched)
    keys = {kind.kind: kind.key for kind in KINDS}
    seen: dict[str, Counter[Outcome]] = {key: Counter() for key in HANDLERS_MAPPING}
    for one in outcomes:
        seen.setdefault(keys[one.kind] if one.kind else UNKNOWN, Counter())[one.outcome] += 1
    return {key: counts_of(counted) for key, counted in seen.items()}
