"""Questions about the files that package versions are distributed as."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ...exceptions import NotFoundError
from ..filters import PackageAt
from ..models import HasArtifact, PythonArtifact, PythonPackageVersionEntity
from ..models_base import table_of
from ..sql_types import AnySelect
from ..writers.ledger import record_changes
from .base import Questions
from .entities import exactly_at
from .shaped import shaped
from .versions import select_entities


def _hashes(package: PackageAt, distinct: bool) -> AnySelect:
    """Digests of the artifacts of a package version that its index still provides, sorted."""
    statement = (
        select_entities(package, PythonArtifact.artifact_hash_sha256)
        .join(HasArtifact, HasArtifact.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(PythonArtifact, PythonArtifact.id == HasArtifact.python_artifact_id)
        .where(HasArtifact.present, PythonArtifact.present)
        .order_by(PythonArtifact.artifact_hash_sha256)
    )
    return statement.distinct() if distinct else statement


def _note_missing(session: Session, package: PackageAt, digest: str) -> bool:
    """Note that an index no longer provides an artifact; False where it never did."""
    links = table_of(HasArtifact)
    entities = select_entities(package, PythonPackageVersionEntity.id)
    artifact = select(PythonArtifact.id).where(PythonArtifact.artifact_hash_sha256 == digest).scalar_subquery()
    missing = update(links).values(present=False).returning(links.c.python_artifact_id)
    missing = missing.where(
        links.c.python_package_version_entity_id.in_(entities), links.c.python_artifact_id == artifact
    )
    is_known = bool(session.execute(missing).fetchall())
    if is_known and package.package_name:
        record_changes(session, [package.package_name])
    return is_known


class ArtifactQueries(Questions):
    """Artifacts: the digests of the files that package versions are distributed as."""

    def get_python_package_hashes_sha256(
        self, package_name: str, package_version: str, index_url: str | None = None, *, distinct: bool = False
    ) -> list[str]:
        """The sha256 digests of a package version's artifacts that an index still provides, sorted.

        Without an index those on all of them, where one artifact may be on several: each once only with distinct.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        return [digest for (digest,) in self._ask(*shaped(_hashes, package, distinct))]

    def get_python_package_version_hashes_sha256(
        self, package_name: str, package_version: str, index_url: str | None = None
    ) -> list[str]:
        """The same by its name of 2019: each digest once, sorted; without an index those on all of them."""
        return self.get_python_package_hashes_sha256(package_name, package_version, index_url, distinct=True)

    def get_all_python_package_version_hashes_sha256(self, package_name: str, package_version: str) -> list[str]:
        """The digests on all indexes, each once, sorted; a name of 2019."""
        return self.get_python_package_hashes_sha256(package_name, package_version, distinct=True)

    def update_python_package_hash_present_flag(
        self, package_name: str, package_version: str, index_url: str, sha256_hash: str
    ) -> None:
        """Note that an index no longer provides an artifact of a package version; other indexes may.

        Raises NotFoundError where that package version never had it there.
        """
        package = exactly_at(package_name, package_version, index_url)
        if not isinstance(sha256_hash, str):
            raise TypeError(f"sha256_hash must be a text, not {sha256_hash!r}")
        digest = sha256_hash.strip().lower().removeprefix("sha256:")
        if not self._tell(lambda session: _note_missing(session, package, digest)):
            raise NotFoundError(f"{package} has no artifact with the sha256 {digest!r}")
        self._look_again()
