"""Questions about Python package indexes, and telling the graph about them."""

from __future__ import annotations

import re
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, delete, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from ...exceptions import NotFoundError, SchemaError
from ..documents.reading import URL_BYTES, Place
from ..filters import checked_flag, checked_text, checked_truth
from ..models import PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..models_base import table_of
from ..names import normalize_index_url, without_user
from ..sql_types import AnySelect
from ..writers.ledger import record_changes
from .base import Questions
from .shaped import Key, shaped
from .versions import as_python

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://\S+")  # RFC 3986, as far as it needs no knowledge of schemes

_ATTRIBUTES = ("url", "warehouse_api_url", "verify_ssl", "only_if_package_seen")


class IndexRecord(TypedDict):
    """A Python package index, as get_python_package_index_all gives it."""

    url: str
    warehouse_api_url: str | None
    verify_ssl: bool
    only_if_package_seen: bool


def _indexes(enabled: bool | None) -> AnySelect:
    """Indexes, by URL; only the enabled or only the disabled ones if asked."""
    columns = (getattr(PythonPackageIndex, name) for name in _ATTRIBUTES)
    statement = select(*columns).order_by(as_python(PythonPackageIndex.url))
    return statement if enabled is None else statement.where(PythonPackageIndex.enabled == enabled)


def _normalized(parameter: str, url: str) -> str:
    """The URL in the graph's own spelling; ValueError, which names the parameter, for what can be none."""
    try:
        return normalize_index_url(Place(None, parameter, url).text(URL_BYTES))
    except SchemaError as error:
        raise ValueError(f"{parameter} of a Python package index must be {error.expected}") from None


def _enabled(url: str) -> AnySelect:
    return select(PythonPackageIndex.enabled).where(PythonPackageIndex.url == url)


def _index_id(url: str) -> AnySelect:
    return select(PythonPackageIndex.id).where(PythonPackageIndex.url == url)


def _delete(session: Session, url: str) -> int:
    """How many indexes were deleted; what was on them goes with them."""
    indexes, entities = table_of(PythonPackageIndex), PythonPackageVersionEntity
    # Locked before the names are read: a package that came onto it in between would go, and nobody would hear of it.
    index_id = session.scalar(_index_id(url).with_for_update())
    if index_id is None:
        return 0
    on_it = entities.python_package_index_id == index_id
    names = list(session.scalars(select(entities.package_name).where(on_it).distinct()))
    session.execute(delete(indexes).where(indexes.c.id == index_id))
    record_changes(session, names)
    return 1


def _register(attributes: dict[str, Any]) -> ReturningInsert[bool]:
    """Create an index or overwrite all of its attributes; gives whether it is new."""
    statement = insert(table_of(PythonPackageIndex)).values(attributes)
    overwritten = {name: statement.excluded[name] for name in attributes if name != "url"}
    is_new: ColumnElement[bool] = literal_column(
        "(xmax = 0)"
    )  # a row that was there has the updating transaction in xmax
    return statement.on_conflict_do_update(index_elements=["url"], set_=overwritten).returning(is_new)


class IndexQueries(Questions):
    """Python package indexes: which there are, and which may be used for advice."""

    def get_python_package_index_all(self, enabled: bool | None = None) -> list[IndexRecord]:
        """Every index with its attributes, by URL; with enabled given, only those that are or only those that are not.

        What an index is called by its URL has no trailing slash.
        """
        return [
            IndexRecord(url=url, warehouse_api_url=api_url, verify_ssl=verify_ssl, only_if_package_seen=only_if_seen)
            for url, api_url, verify_ssl, only_if_seen in self._ask(*shaped(_indexes, checked_flag("enabled", enabled)))
        ]

    def get_python_package_index_urls_all(self, enabled: bool | None = None) -> list[str]:
        """The URL of every index, sorted; with enabled given, only those that are or only those that are not."""
        return [row.url for row in self._ask(*shaped(_indexes, checked_flag("enabled", enabled)))]

    def is_python_package_index_enabled(self, url: str) -> bool:
        """Whether an index may be used for advice. Raises NotFoundError for one that is not registered."""
        enabled: bool | None = self._ask_value(*shaped(_enabled, Key(_normalized("url", url))))
        if enabled is None:
            raise NotFoundError(f"Python package index {without_user(url)!r} is not registered")
        return enabled

    def set_python_package_index_state(self, url: str, *, enabled: bool) -> None:
        """Enable or disable an index. Raises NotFoundError for one that is not registered."""
        checked_truth("enabled", enabled)
        indexes = table_of(PythonPackageIndex)
        changed = update(indexes).where(indexes.c.url == _normalized("url", url)).values(enabled=enabled)

        def work(session: Session) -> bool:
            return session.scalar(changed.returning(indexes.c.id)) is not None

        if not self._tell(work):
            raise NotFoundError(f"Python package index {without_user(url)!r} is not registered")

    def register_python_package_index(
        self,
        url: str,
        warehouse_api_url: str | None = None,
        verify_ssl: bool = True,
        enabled: bool = False,
        only_if_package_seen: bool = True,
    ) -> bool:
        """Whether the index is new. One that is known gets all of these attributes, the defaults included.

        Raises ValueError for what is no URL, such as a name.
        """
        normalized = _normalized("url", url)
        if not _URL.fullmatch(normalized):
            raise ValueError(
                "url of a Python package index must be a URL such as https://pypi.org/simple, "
                f"not {without_user(normalized)!r}"
            )
        attributes = {
            "url": normalized,
            "warehouse_api_url": checked_text("warehouse_api_url", warehouse_api_url),
            "verify_ssl": checked_truth("verify_ssl", verify_ssl),
            "enabled": checked_truth("enabled", enabled),
            "only_if_package_seen": checked_truth("only_if_package_seen", only_if_package_seen),
        }
        return self._tell(lambda session: bool(session.scalar(_register(attributes))))

    def delete_python_package_index(self, index_url: str) -> int:
        """How many indexes were deleted, 1 or 0; all that is known of packages on it goes with it."""
        url = _normalized("index_url", index_url)
        deleted = self._tell(lambda session: _delete(session, url))
        self._look_again()
        return deleted

    def get_index_url_from_id(self, package_index_id: int) -> str:
        """The URL of an index by the id of its row. Raises NotFoundError where there is none."""
        if not isinstance(package_index_id, int) or isinstance(package_index_id, bool):
            raise TypeError(f"package_index_id must be the number of an index, not {package_index_id!r}")
        statement = select(PythonPackageIndex.url).where(PythonPackageIndex.id == package_index_id)
        url: str | None = self._ask_value(statement)
        if url is None:
            raise NotFoundError(f"there is no Python package index with the id {package_index_id!r}")
        return url

    # --- By the names of 2019 ----------------------------------------------------------------------------------------

    def python_package_index_listing(self, enabled: bool | None = None) -> list[dict[str, Any]]:
        """Every index with url, warehouse_api_url and verify_ssl, by URL; see get_python_package_index_all."""
        keys = ("url", "warehouse_api_url", "verify_ssl")
        return [
            {key: getattr(row, key) for key in keys}
            for row in self._ask(*shaped(_indexes, checked_flag("enabled", enabled)))
        ]

    def get_python_package_index_urls(self, enabled: bool | None = None) -> set[str]:
        """The URL of every index; with enabled given, only those that are or only those that are not."""
        return set(self.get_python_package_index_urls_all(enabled))

    def get_python_packages_for_index(self, index_url: str) -> set[str]:
        """The names of the packages that were solved on an index."""
        names = select(PythonPackageVersion.package_name).where(
            PythonPackageVersion.python_package_index_id.in_(_index_id(_normalized("index_url", index_url)))
        )
        return {name for (name,) in self._ask(names.distinct())}
