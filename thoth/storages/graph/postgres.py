"""GraphDatabase: the door to the knowledge graph."""

from __future__ import annotations

import logging
import weakref
from collections import Counter
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from .. import config
from ..exceptions import DatabaseNotInitializedError
from . import migrations
from .cache import GraphCache
from .engine import connection_url, create_database, make_maintenance_engine
from .facts import Facts
from .filters import required_text
from .ingestion import Ingestion
from .kebechet_facts import KebechetFacts
from .memory_cache import MemoryCache
from .models import Base
from .names import normalize_index_url, normalize_package_name, normalize_package_version
from .queries.adviser_runs import AdviserRunQueries
from .queries.analyses import AnalysisQueries
from .queries.artifacts import ArtifactQueries
from .queries.cache import CacheQueries
from .queries.database_health import DatabaseHealthQueries
from .queries.deleting import DeletionQueries
from .queries.dependencies import DependencyQueries
from .queries.dependents import DependentQueries
from .queries.documents import DocumentQueries
from .queries.earlier_names import EarlierNames
from .queries.entities import EntityQueries
from .queries.environments import EnvironmentQueries
from .queries.hardware import HardwareQueries
from .queries.indexes import IndexQueries
from .queries.kebechet import KebechetQueries
from .queries.known import KnownQueries
from .queries.metadata import MetadataQueries
from .queries.offline import OfflineQueries
from .queries.package_analyses import PackageAnalysisQueries
from .queries.package_names import PackageNameQueries
from .queries.packages import PackageQueries
from .queries.performance import PerformanceQueries
from .queries.purging import PurgeQueries
from .queries.quarantine import QuarantineQueries
from .queries.rules import RuleQueries
from .queries.security_indicators import SecurityIndicatorQueries
from .queries.solved import SolvedQueries
from .queries.solver_documents import SolverDocumentQueries
from .queries.solver_errors import SolverErrorQueries
from .queries.solvers import SolverQueries
from .queries.stacks import StackQueries
from .queries.symbols import SymbolQueries
from .queries.table_counts import TableCountQueries
from .queries.transitional_names import TransitionalNames
from .queries.transitive import TransitiveQueries
from .queries.unsolved import UnsolvedQueries
from .queries.verification import VerificationQueries
from .queries.vulnerabilities import VulnerabilityQueries
from .queries.waiting import WaitingQueries
from .schema_status import (
    SchemaStateEnum,
    SchemaStatus,
    not_initialized,
    refuse_unless_upgradable,
    revision_count,
    sentence,
    status,
    status_of_settings,
    status_or_reason,
)
from .sql_base import translated, was_created_meanwhile

_LOGGER = logging.getLogger(__name__)


class GraphDatabase(
    OfflineQueries,
    DependencyQueries,
    TransitiveQueries,
    DependentQueries,
    StackQueries,
    PackageQueries,
    TransitionalNames,
    PackageNameQueries,
    KnownQueries,
    EntityQueries,
    ArtifactQueries,
    MetadataQueries,
    SolverQueries,
    SolverErrorQueries,
    IndexQueries,
    RuleQueries,
    VulnerabilityQueries,
    SecurityIndicatorQueries,
    SymbolQueries,
    AdviserRunQueries,
    KebechetQueries,
    PerformanceQueries,
    TableCountQueries,
    DatabaseHealthQueries,
    DocumentQueries,
    QuarantineQueries,
    WaitingQueries,
    VerificationQueries,
    CacheQueries,
    EarlierNames,
    SolvedQueries,
    UnsolvedQueries,
    SolverDocumentQueries,
    AnalysisQueries,
    EnvironmentQueries,
    HardwareQueries,
    PackageAnalysisQueries,
    PurgeQueries,
    DeletionQueries,
    Ingestion,
    Facts,
    KebechetFacts,
):
    """The knowledge graph: connect(), then ask it or tell it something.

    Making one does no I/O. One adapter may serve many threads; after a fork the child makes connections of its own.
    Every question raises NotConnectedError before connect(), DatabaseNotInitializedError where there are no tables
    yet, DatabaseConnectionError and DatabaseUnavailableError where the server cannot be reached.
    """

    # --- Connecting --------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect to the database that the settings name.

        A database or tables that do not exist yet are a warning: initialize_schema() is called on a connected adapter.
        Raises AlreadyConnectedError, and DatabaseConnectionError where the server is not there or refuses us.
        """
        engine = self._new_engine()
        try:
            with engine.connect():
                pass
        except DBAPIError as error:
            failure = translated(error, engine.url)
            is_missing = isinstance(failure, DatabaseNotInitializedError)
            if not is_missing and not was_created_meanwhile(error, failure, engine.url):
                engine.dispose()
                raise failure from error
        self._use(engine)
        if config.LOG_STATS.read() and self._farewell is None:
            self._farewell = weakref.finalize(self, _log_stats, self._counters, self._memory, self._file)
        try:
            self.is_schema_up2date()
        except DatabaseNotInitializedError as error:
            _LOGGER.warning("%s", error)
        except BaseException:
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """Close every connection and forget every answer. Raises NotConnectedError when not connected."""
        if self._is_offline:
            self._is_offline = False
        else:
            super().disconnect()
        self._forget_all()

    @staticmethod
    def construct_connection_string() -> str:
        """The URL of the database that the settings name, with its password: never log it."""
        return connection_url().render_as_string(hide_password=False)

    # --- The schema --------------------------------------------------------------------------------------------------

    def initialize_schema(self) -> None:
        """Create the database where it is missing and bring its tables to the newest revision; no data is lost.

        Processes that do so at the same time take turns. Raises NotConnectedError when not connected, and
        SchemaNotOursError, before anything is touched, where another package, a newer library or nobody knows who made
        what is there (schema_status() tells them apart).
        """
        url = self._connected_engine().url

        def look(connection: Connection) -> SchemaStatus:
            found = status(lambda *statement: connection.execute(*statement).fetchall(), url)
            refuse_unless_upgradable(found)
            return found

        engine = make_maintenance_engine(url)
        try:
            create_database(url)
            with engine.connect() as connection:
                found = look(connection)
            if found.state is not SchemaStateEnum.CURRENT:  # nobody waits for others without need
                migrations.upgrade(engine, check=look)
        except DBAPIError as error:
            raise translated(error, url) from error
        self._look_again()

    def drop_all(self) -> None:
        """Drop every table of the graph with all that is in it. Raises NotConnectedError when not connected."""
        url = self._connected_engine().url
        try:
            with make_maintenance_engine(url).begin() as connection:
                Base.metadata.drop_all(connection)
                connection.execute(text(f"DROP TABLE IF EXISTS {migrations.VERSION_TABLE}"))
        except DBAPIError as error:
            raise translated(error, url) from error
        self._forget_all()

    def get_script_alembic_version_head(self) -> str:
        """The revision that this library's migrations lead to; needs no connection."""
        return migrations.script_head()

    def get_table_alembic_version_head(self) -> str:
        """The revision the database is at. Raises DatabaseNotInitializedError where it is at none."""
        return self._revision(self._schema_status())

    def get_alembic_version_count_all(self) -> int:
        """The number of revisions the database says it is at: 1 is expected, 0 where there are no tables yet."""
        return revision_count(self._ask)

    def is_schema_up2date(self) -> bool:
        """Whether the database is at this library's newest revision; a warning is logged where it is not.

        Raises DatabaseNotInitializedError where the database or its tables do not exist.
        """
        found = self._schema_status()
        self._revision(found)
        if found.state is not SchemaStateEnum.CURRENT:
            _LOGGER.warning("%s", sentence(found))
        return found.state is SchemaStateEnum.CURRENT

    def schema_status(self) -> SchemaStatus:
        """What state the schema is in, what was found and which command helps. Never raises; needs no connect()."""
        engine = self._engine
        return status_of_settings() if engine is None else status_or_reason(self._ask, engine.url)

    def _schema_status(self) -> SchemaStatus:
        return status(self._ask, self._connected_engine().url)

    @staticmethod
    def _revision(found: SchemaStatus) -> str:
        if found.database_revision is None:
            raise not_initialized(found)
        return found.database_revision

    # --- Looking inside ----------------------------------------------------------------------------------------------

    def stats(self) -> dict[str, Any]:
        """The number of statements, memory_cache_info, and the graph cache's table_size and sqlite_cache_info.

        memory_cache_info is {question: {hits, misses, maxsize, currsize}}.
        """
        return _stats(self._counters, self._memory, self._file)

    def cache_clear(self) -> None:
        """Forget the answers that are kept in memory. The graph cache, a file, stays as it is."""
        self._memory.clear()

    # --- Spelling ----------------------------------------------------------------------------------------------------

    @staticmethod
    def normalize_python_package_name(package_name: str) -> str:
        """The name as the graph spells it (PEP 503)."""
        return normalize_package_name(required_text("package_name", package_name))

    @staticmethod
    def normalize_python_package_version(package_version: str) -> str:
        """The version as the graph spells it (PEP 440)."""
        return normalize_package_version(required_text("package_version", package_version))

    @staticmethod
    def normalize_python_index_url(index_url: str | None) -> str | None:
        """The index URL as the graph spells it; None stays None."""
        return None if index_url is None else normalize_index_url(required_text("index_url", index_url))


def _stats(counters: Counter[str], memory: MemoryCache, file: GraphCache) -> dict[str, Any]:
    return {"statements": counters["statements"], "memory_cache_info": memory.info(), **file.stats()}


def _log_stats(counters: Counter[str], memory: MemoryCache, file: GraphCache) -> None:
    _LOGGER.info("statistics of a graph database adapter: %s", _stats(counters, memory, file))
