"""Questions about packages in no environment, and telling the graph about them."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ...exceptions import NotFoundError
from ..documents.reading import NAME_BYTES, URL_BYTES
from ..filters import Environment, PackageAt, checked_truth
from ..models import PythonPackageVersion, PythonPackageVersionEntity
from ..models_base import table_of
from ..names import is_package_name
from ..writers.ledger import record_changes
from ..writers.packages import ensure_entities, ensure_indexes
from .base import Questions
from .versions import select_versions


def _track(
    session: Session, package: PackageAt, *, only_if_seen: bool
) -> tuple[PythonPackageVersionEntity, bool] | None:
    entities = PythonPackageVersionEntity
    seen = select(entities.id).where(entities.package_name == package.package_name).limit(1)
    if only_if_seen and session.scalar(seen) is None:
        return None
    index_id = ensure_indexes(session, [package.index_url])[package.index_url]
    key = (package.package_name or "", package.package_version, index_id)
    ids, new_names = ensure_entities(session, [key])
    record_changes(session, new_names)
    entity = session.get_one(entities, ids[key])
    session.expunge(entity)
    return entity, not new_names


def _set_flag(session: Session, package: PackageAt, flag: str, value: bool) -> bool:
    """Set a flag of a package version in all its environments; False where there are none."""
    versions = table_of(PythonPackageVersion)
    wanted = select_versions(package, Environment(), PythonPackageVersion.id)
    changed = update(versions).where(versions.c.id.in_(wanted)).values({flag: value}).returning(versions.c.id)
    is_known = bool(session.execute(changed).fetchall())
    if is_known and package.package_name:
        record_changes(session, [package.package_name])
    return is_known


def _check(package: PackageAt) -> None:
    """Raise ValueError for what cannot be the name of a package, or is longer than the tables hold."""
    if not is_package_name(package.package_name or ""):
        raise ValueError(f"package_name must be the name of a package, not {package.package_name!r}")
    for name, value, limit in (
        ("package_name", package.package_name, NAME_BYTES),
        ("package_version", package.package_version, NAME_BYTES),
        ("index_url", package.index_url, URL_BYTES),
    ):
        if value is not None and not 0 < len(value.encode()) <= limit:
            raise ValueError(f"{name} must be a text of 1 to {limit} bytes")


def exactly_at(package_name: str, package_version: str, index_url: str) -> PackageAt:
    """One package version on one index, for what is told of it alone; TypeError for None, which would mean any."""
    for argument, value in (("package_version", package_version), ("index_url", index_url)):
        if value is None:
            raise TypeError(f"{argument} must be a text, not None")
    return PackageAt.of(package_name, package_version, index_url)


class EntityQueries(Questions):
    """Packages that are followed, solved or not, and what is known of their versions in every environment."""

    def create_python_package_version_entity(
        self,
        package_name: str,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        only_if_package_seen: bool = False,
    ) -> tuple[PythonPackageVersionEntity, bool] | None:
        """(package version, whether it was known); from now on it is, and the rules that apply to it are linked.

        None where only packages that were seen before are followed, and this one was not. A version of None is any
        version, an index of None any index; an index that nobody registered becomes known, disabled. The row that is
        given is detached. Raises ValueError for what is no package's name or is too long.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        _check(package)
        told = self._tell(lambda session: _track(session, package, only_if_seen=only_if_package_seen))
        self._look_again()
        return told

    def get_python_package_version_entities_count_all(self, *, distinct: bool = False) -> int:
        """How many package versions are known, solved or not, on an index or on none; each once, distinct or not."""
        return int(self._ask_value(select(func.count()).select_from(PythonPackageVersionEntity)))

    def update_missing_flag_package_version(
        self, package_name: str, package_version: str, index_url: str, value: bool
    ) -> None:
        """Note whether an index no longer provides a package version. Raises NotFoundError for one nobody solved."""
        self._tell_flag(exactly_at(package_name, package_version, index_url), "is_missing", value)

    def update_provides_source_distro_package_version(
        self, package_name: str, package_version: str, index_url: str, value: bool
    ) -> None:
        """Note whether an index has a source distribution of a package version.

        Raises NotFoundError for one that nobody solved.
        """
        self._tell_flag(exactly_at(package_name, package_version, index_url), "provides_source_distro", value)

    def is_python_package_version_is_missing(
        self, package_name: str, package_version: str, index_url: str | None
    ) -> bool:
        """Whether an index no longer provides a package version; an index of None is any.

        Raises NotFoundError for one that nobody solved.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        is_missing: bool | None = self._ask_value(
            select_versions(package, Environment(), func.bool_or(PythonPackageVersion.is_missing))
        )
        if is_missing is None:
            raise NotFoundError(f"{package} was not solved")
        return is_missing

    def _tell_flag(self, package: PackageAt, flag: str, value: bool) -> None:
        checked_truth("value", value)
        if not self._tell(lambda session: _set_flag(session, package, flag, value)):
            raise NotFoundError(f"{package} was not solved")
        self._look_again()
