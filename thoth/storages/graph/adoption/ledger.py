"""The ledger of an adopted graph: which documents it was told, so that none is synced again without need.

What a document said word for word is not known any more: content_sha256 stays NULL, and a document that is synced
again all the same is written anew.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from .place import WORKSHOP
from .report import StepReport

_RUNS = {
    "SOLVER": ("solved", "document_id", "datetime", "true"),
    "ADVISER": ("adviser_run", "adviser_document_id", "datetime", "true"),
    "ANALYSIS": ("package_extract_run", "analysis_document_id", "datetime", "true"),
    "PROVENANCE_CHECKER": ("provenance_checker_run", "provenance_checker_document_id", "datetime", "true"),
    "DEPENDENCY_MONKEY": ("dependency_monkey_run", "dependency_monkey_document_id", "datetime", "true"),
    "SECURITY_INDICATORS": ("si_aggregated_run", "si_aggregated_run_document_id", "datetime", "true"),
    # Each run of an inspection is a document of its own; one that is still awaited is none yet.
    "INSPECTION": (
        "inspection_run",
        "inspection_document_id || '/results/' || inspection_result_number",
        "coalesce(datetime, '-infinity')",
        "inspection_sync_state = 'SYNCED'",
    ),
}


def enter(connection: Connection) -> StepReport:
    """Enter every document that the new tables know into the ledger; documents of the reverse solver left no trace."""
    written = 0
    for kind, (table, document_id, made, known) in _RUNS.items():
        statement = text(f"""
            INSERT INTO {WORKSHOP}.synced_document (document_id, kind, created_at)
            SELECT {document_id}, '{kind}', max({made}) FROM {WORKSHOP}.{table} WHERE {known} GROUP BY 1 ORDER BY 1
            ON CONFLICT DO NOTHING""")
        written += connection.execute(statement).rowcount
    return StepReport("ledger of documents", written=written)
