"""The resolver's questions without a database: what a graph cache says, as of when it was made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from ...exceptions import AlreadyConnectedError, GraphCacheError, OfflineError
from ..cache import GraphCache
from ..cache_entries import Pinned, pinned
from ..filters import Environment, PackageAt
from .cached import Found, concerned
from .closure import Node
from .transitive import TransitiveQueries

if TYPE_CHECKING:
    from typing import Self


class OfflineQueries(TransitiveQueries):
    """Where an adapter has a graph cache and nothing else. It comes before the rooms whose questions go to both."""

    @classmethod
    def offline(cls, cache_file: str | os.PathLike[str]) -> Self:
        """An adapter that asks a graph cache alone; no database has to be there, and none is looked for.

        It answers get_depends_on(), get_python_package_version_records(), get_python_environment_marker(),
        has_python_solver_error() and both closures of dependencies, as the graph was when the file was made. What the
        file does not say, and every other question, is an OfflineError. Raises GraphCacheError where the file cannot be
        used.
        """
        adapter = cls(cache=GraphCache(os.fspath(cache_file)))
        adapter._open_alone()
        adapter._is_offline = True
        return adapter

    def __repr__(self) -> str:
        """Whether it is connected, and to what; never the password."""
        return f"<{type(self).__name__}: offline with {self._file.path}>" if self._is_offline else super().__repr__()

    def _open_alone(self) -> None:
        self._file.open()
        self._graph_uuid = self._file.graph_uuid
        if self._graph_uuid is None:
            self._file.disconnect()
            raise GraphCacheError(f"graph cache {self._file.path} is not used: nothing was put into it yet")

    # --- What goes to the database else ------------------------------------------------------------------------------

    def _new_engine(self) -> Engine:
        if self._is_offline:
            raise AlreadyConnectedError(f"this adapter is offline with graph cache {self._file.path}")
        return super()._new_engine()

    def _connected_engine(self) -> Engine:
        if self._is_offline:
            raise OfflineError(
                f"graph cache {self._file.path} does not answer this question, and this adapter is offline"
            )
        return super()._connected_engine()

    def _forget_changed(self) -> None:
        if not self._is_offline:
            super()._forget_changed()
        elif not self._file.is_connected():  # in a child process
            self._open_alone()

    def _cached_records(self, package: PackageAt, environment: Environment) -> Found | None:
        if not self._is_offline:
            return super()._cached_records(package, environment)
        entries = self._cached_versions(package)
        this = pinned(package.package_name or "", package.package_version or "")
        if not entries and not self._file.is_unsolved(this):
            raise OfflineError(f"graph cache {self._file.path} does not hold {package}, and this adapter is offline")
        return [found for entry in entries.values() for found in concerned(entry, package, environment)]

    def _ask_nodes(
        self,
        packages: list[Pinned],
        extras: frozenset[str | None] | None,
        environment: Environment,
        marker: bool | None,
    ) -> dict[Pinned, Node]:
        if not self._is_offline:
            return super()._ask_nodes(packages, extras, environment, marker)
        for package in packages:
            if not self._file.is_unsolved(package) and self._file.get(package) is None:
                raise OfflineError(
                    f"graph cache {self._file.path} does not hold {package}, and this adapter is offline"
                )
        return {package: {} for package in packages}  # not solved there
