"""Questions about what packages say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from ...exceptions import NotFoundError
from ..enums import MetadataDistutilsTypeEnum
from ..filters import Environment, PackageAt
from ..models import (
    FoundImportPackage,
    HasMetadataClassifier,
    HasMetadataDistutils,
    HasMetadataPlatform,
    HasMetadataProjectUrl,
    HasMetadataProvidesExtra,
    HasMetadataRequiresExternal,
    HasMetadataSupportedPlatform,
    ImportPackage,
    PythonPackageMetadata,
    PythonPackageMetadataClassifier,
    PythonPackageMetadataDistutils,
    PythonPackageMetadataPlatform,
    PythonPackageMetadataProjectUrl,
    PythonPackageMetadataProvidesExtra,
    PythonPackageMetadataRequiresExternal,
    PythonPackageMetadataSupportedPlatform,
    PythonPackageVersion,
    Solved,
)
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions
from .shaped import shaped
from .versions import BY_VERSION, as_python, select_versions

_SCALARS = tuple(
    column for column in table_of(PythonPackageMetadata).columns if column.name not in {"id", "key_sha256"}
)

_URL = PythonPackageMetadataProjectUrl
_TEXT_OF_URL = func.concat_ws(", ", _URL.label, _URL.url)  # Project-URL: label, URL

_LISTS: dict[str, tuple[type[Any], InstrumentedAttribute[int], Any, MetadataDistutilsTypeEnum | None]] = {
    "classifier": (
        PythonPackageMetadataClassifier,
        HasMetadataClassifier.python_package_metadata_classifier_id,
        PythonPackageMetadataClassifier.classifier,
        None,
    ),
    "platform": (
        PythonPackageMetadataPlatform,
        HasMetadataPlatform.python_package_metadata_platform_id,
        PythonPackageMetadataPlatform.platform,
        None,
    ),
    "supported_platform": (
        PythonPackageMetadataSupportedPlatform,
        HasMetadataSupportedPlatform.python_package_metadata_supported_platform_id,
        PythonPackageMetadataSupportedPlatform.supported_platform,
        None,
    ),
    "requires_external": (
        PythonPackageMetadataRequiresExternal,
        HasMetadataRequiresExternal.python_package_metadata_requires_external_id,
        PythonPackageMetadataRequiresExternal.dependency,
        None,
    ),
    "project_url": (_URL, HasMetadataProjectUrl.python_package_metadata_project_url_id, _TEXT_OF_URL, None),
    "provides_extra": (
        PythonPackageMetadataProvidesExtra,
        HasMetadataProvidesExtra.python_package_metadata_provides_extra_id,
        PythonPackageMetadataProvidesExtra.optional_feature,
        None,
    ),
    **{
        key: (
            PythonPackageMetadataDistutils,
            HasMetadataDistutils.python_package_metadata_distutils_id,
            PythonPackageMetadataDistutils.distutils,
            kind,
        )
        for key, kind in (
            ("requires_dist", MetadataDistutilsTypeEnum.REQUIRED),
            ("provides_dist", MetadataDistutilsTypeEnum.PROVIDED),
            ("obsolete_dist", MetadataDistutilsTypeEnum.OBSOLETE),
        )
    },
}
"""{key: the table of its values, the link to a value, the text, the kind}."""


def _newest(package: PackageAt, *columns: Any) -> AnySelect:
    """Columns of a package version that has metadata, of the environment that was solved last first."""
    last_run = select(func.max(Solved.datetime)).where(Solved.version_id == PythonPackageVersion.id)
    metadata = PythonPackageMetadata.id == PythonPackageVersion.python_package_metadata_id
    return (
        select_versions(package, Environment(), *columns)
        .join(PythonPackageMetadata, metadata)
        .order_by(
            last_run.correlate(PythonPackageVersion).scalar_subquery().desc().nulls_last(),
            PythonPackageVersion.id.desc(),
        )
        .limit(1)
    )


def _values(key: str) -> Any:
    """The texts under a key of the metadata, sorted, as an array."""
    values, link, value, kind = _LISTS[key]
    text = as_python(value)
    wanted = select(text.label("value")).join(link.class_, link == values.id)
    wanted = wanted.where(link.class_.python_package_metadata_id == PythonPackageMetadata.id)
    if kind is not None:
        wanted = wanted.where(PythonPackageMetadataDistutils.distutils_type == kind)
    return func.array(wanted.order_by(text).correlate(PythonPackageMetadata).scalar_subquery())


def _metadata(package: PackageAt) -> AnySelect:
    return _newest(package, *_SCALARS, *map(_values, _LISTS))


def _classifiers(package: PackageAt, environment: Environment) -> AnySelect:
    text = as_python(PythonPackageMetadataClassifier.classifier)
    this = HasMetadataClassifier.python_package_metadata_id == PythonPackageVersion.python_package_metadata_id
    value = HasMetadataClassifier.python_package_metadata_classifier_id == PythonPackageMetadataClassifier.id
    statement = select_versions(package, environment, text).join(HasMetadataClassifier, this)
    return statement.join(PythonPackageMetadataClassifier, value).distinct().order_by(text)


def _importing(import_name: str, *, distinct: bool) -> AnySelect:
    """Package versions that provide a name to import, in any case, or a name that begins so, if it ends with *."""
    name = ImportPackage.import_package_name
    begins = name.istartswith(import_name[:-1], autoescape=True)
    matches = begins if import_name.endswith("*") else func.lower(name) == func.lower(import_name)
    order = (as_python(name), *BY_VERSION)
    statement = (
        select_versions(PackageAt(), Environment(), BY_VERSION[0], *BY_VERSION[2:], as_python(name))
        .join(FoundImportPackage, FoundImportPackage.python_package_version_id == PythonPackageVersion.id)
        .join(ImportPackage, ImportPackage.id == FoundImportPackage.import_package_id)
        .where(matches)
        .order_by(*order)
    )
    return statement.group_by(*order) if distinct else statement


class MetadataQueries(Questions):
    """What packages say of themselves: core metadata, trove classifiers, what can be imported from them."""

    def get_python_package_version_metadata(
        self, package_name: str, package_version: str, index_url: str | None
    ) -> dict[str, Any]:
        """The core metadata of a package version: 15 texts, or None, and nine sorted lists of texts.

        The keys are those of https://packaging.python.org/specifications/core-metadata/ in snake case (home_page,
        requires_python and so on), classifier, platform, supported_platform, requires_external, project_url (label,
        URL), provides_extra, requires_dist, provides_dist and obsolete_dist being the lists. Where environments differ
        it is what was solved last. An index of None is any. Raises NotFoundError where no metadata is known.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        rows: Sequence[Any] = self._ask(*shaped(_metadata, package))
        if not rows:
            raise NotFoundError(f"no metadata of {package} is known")
        keys = (*(column.name for column in _SCALARS), *_LISTS)
        return dict(zip(keys, rows[0], strict=True))

    def get_python_package_version_trove_classifiers_all(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> list[str]:
        """The trove classifiers of a package version, sorted, each once; what is None means any."""
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        return [classifier for (classifier,) in self._ask(*shaped(_classifiers, package, environment))]

    def get_python_package_version_import_packages_all(
        self, import_name: str, distinct: bool = False
    ) -> list[dict[str, str | None]]:
        """{package_name, package_version, index_url, import} of what provides a name to import.

        By that name, then name, version (PEP 440, newest last) and index; one for each environment unless distinct. A
        name that ends with * stands for all that begin so; upper and lower case count as equal. Raises NotFoundError
        where nothing provides it.
        """
        if not isinstance(import_name, str):
            raise TypeError(f"import_name must be a text, not {import_name!r}")
        rows = self._ask(_importing(import_name, distinct=distinct))
        if not rows:
            raise NotFoundError(f"nothing that is known provides {import_name!r} to import")
        keys = ("package_name", "package_version", "index_url", "import")
        return [dict(zip(keys, row, strict=True)) for row in rows]
