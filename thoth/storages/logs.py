"""What the pods of workflows wrote, as Argo archives it: argo/artifacts/<workflow id>/<pod>/main.log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from .exceptions import MultipleFoundError, NotFoundError
from .result_base import DeploymentStorage


class WorkflowLogsStore(DeploymentStorage):
    """Logs of workflows. This library only reads them."""

    RESULT_TYPE = "argo/artifacts"

    def get_log(self, workflow_id: str) -> str:
        """The log of a workflow.

        Raises NotFoundError where there is none, MultipleFoundError where there are several, which get_logs() gives.
        """
        keys = self._log_keys(workflow_id)
        if not keys:
            place = f"below {self.ceph.prefix!r} in bucket {self.ceph.bucket!r}"
            raise NotFoundError(f"there is no log of workflow {workflow_id!r} {place}")
        if len(keys) > 1:
            names = ", ".join(keys)
            raise MultipleFoundError(f"workflow {workflow_id!r} has {len(keys)} logs, get_logs() gives them: {names}")
        return self._text(keys[0])

    def get_logs(self, workflow_id: str) -> dict[str, str]:
        """{<pod>/main.log: text} for every log of a workflow, in lexical order; empty where there is none."""
        return {key.partition("/")[2]: self._text(key) for key in self._log_keys(workflow_id)}

    def _log_keys(self, workflow_id: str) -> list[str]:
        if not workflow_id or "/" in workflow_id:
            raise ValueError(f"{workflow_id!r} is no id of a workflow: it is empty or holds a slash")
        # The slash keeps out workflows whose ids start alike; the order of folders differs between servers.
        return sorted(_logs_among(self.ceph.get_document_listing(f"{workflow_id}/")))

    def _text(self, key: str) -> str:
        return self.ceph.retrieve_blob(key).decode(errors="replace")


def _logs_among(keys: Iterable[str]) -> list[str]:
    """Those that are called a log; where none is, those without any suffix. The others are what workflows made."""
    by_suffix: dict[str, list[str]] = {}
    for key in keys:
        if key.endswith("/"):  # stands for a folder, where somebody made one by hand
            continue
        by_suffix.setdefault(PurePosixPath(key).suffix, []).append(key)
    return by_suffix.get(".log") or by_suffix.get("") or []
