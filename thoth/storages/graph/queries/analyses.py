"""Questions about analyses of images."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import func, select

from ...exceptions import NotFoundError
from ..enums import EnvironmentTypeEnum
from ..filters import DEFAULT_COUNT, Page
from ..models import FoundRPM, Identified, PackageExtractRun, PythonPackageVersionEntity, RPMPackageVersion
from ..sql_types import AnyRow, AnySelect
from .base import Questions
from .environments import MOMENT, EnvironmentFilter, environments_of, naive, run_of
from .shaped import Key, shaped
from .versions import as_python


class AnalysisRecord(TypedDict):
    """An analysis of an image, and the analyser; the moment is in UTC and without a zone, or a text if asked for."""

    analysis_datetime: datetime | str
    analysis_document_id: str
    package_extract_name: str
    package_extract_version: str


class RPMRecord(TypedDict):
    """An RPM package; an epoch of None is epoch 0."""

    package_name: str
    package_version: str
    epoch: str | None
    release: str | None
    arch: str | None
    src: bool
    package_identifier: str


class FoundPythonPackage(TypedDict):
    """A Python package and the directory of the image that it was found in; documents of 2019 name none."""

    package_name: str
    package_version: str | None
    location: str | None


_RECORD = (
    PackageExtractRun.datetime,
    PackageExtractRun.analysis_document_id,
    PackageExtractRun.package_extract_name,
    PackageExtractRun.package_extract_version,
)
_NEWEST_FIRST = (PackageExtractRun.datetime.desc(), as_python(PackageExtractRun.analysis_document_id).desc())


def _analyses(wanted: EnvironmentFilter, *columns: Any) -> AnySelect:
    """Columns of the analyses of environments, newest first."""
    environments = environments_of(wanted.is_external)
    statement = select(*columns).join(environments, run_of(environments) == environments.id)
    return statement.where(*wanted.conditions()).order_by(*_NEWEST_FIRST)


def _newest_id(wanted: EnvironmentFilter) -> AnySelect:
    return _analyses(wanted, PackageExtractRun.analysis_document_id).limit(1)


def _rpm_packages(analysis_document_id: str) -> AnySelect:
    columns = [getattr(RPMPackageVersion, name) for name in RPMRecord.__annotations__]
    return (
        select(*columns)
        .join(FoundRPM, FoundRPM.rpm_package_version_id == RPMPackageVersion.id)
        .join(PackageExtractRun, PackageExtractRun.id == FoundRPM.package_extract_run_id)
        .where(PackageExtractRun.analysis_document_id == analysis_document_id)
        .order_by(as_python(RPMPackageVersion.package_name), as_python(RPMPackageVersion.package_identifier))
        .order_by(RPMPackageVersion.id)
    )


def _python_packages(analysis_document_id: str) -> AnySelect:
    entities = PythonPackageVersionEntity
    return (
        select(entities.package_name, entities.package_version, Identified.location)
        .join(Identified, Identified.python_package_version_entity_id == entities.id)
        .join(PackageExtractRun, PackageExtractRun.id == Identified.package_extract_run_id)
        .where(PackageExtractRun.analysis_document_id == analysis_document_id)
        .order_by(as_python(entities.package_name), entities.version_order, as_python(entities.package_version))
        .order_by(as_python(Identified.location), entities.id)
    )


class AnalysisQueries(Questions):
    """Analyses of images, and what they found."""

    def get_last_analysis_document_id(
        self, thoth_image_name: str, thoth_image_version: str, *, is_external: bool = False
    ) -> str | None:
        """The id of the newest analysis of an image of Thoth, None where there is none.

        is_external asks for an environment that a user told of, built from that image.
        """
        image = EnvironmentFilter(
            is_external=is_external, thoth_image_name=thoth_image_name, thoth_image_version=thoth_image_version
        )
        newest: str | None = self._ask_value(*shaped(_newest_id, image))
        return newest

    def get_thoth_s2i_package_extract_analysis_document_id_all(
        self, thoth_image_name: str, thoth_image_version: str, is_external: bool = False
    ) -> list[str]:
        """The ids of all analyses of an image of Thoth, newest first."""
        image = EnvironmentFilter(
            is_external=is_external, thoth_image_name=thoth_image_name, thoth_image_version=thoth_image_version
        )
        return [one for (one,) in self._ask(_analyses(image, PackageExtractRun.analysis_document_id))]

    def get_last_analysis_datetime(self) -> datetime:
        """When the newest analysis was made, in UTC and without a zone. Raises NotFoundError where there is none."""
        newest: datetime | None = self._ask_value(select(func.max(PackageExtractRun.datetime)))
        if newest is None:
            raise NotFoundError("no image was analysed yet")
        return naive(newest)

    def get_analysis_metadata(self, analysis_document_id: str) -> AnalysisRecord:
        """When an analysis was made, and by what. Raises NotFoundError for one that is not known."""
        rows = self._ask(select(*_RECORD).where(PackageExtractRun.analysis_document_id == analysis_document_id))
        if not rows:
            raise NotFoundError(f"there is no analysis {analysis_document_id!r}")
        return _as_record(rows[0], convert_datetime=False)

    def get_rpm_package_version_all(self, analysis_document_id: str) -> list[RPMRecord]:
        """The RPM packages that an analysis found, by name and identifier; empty where it is not known."""
        rows = self._ask(*shaped(_rpm_packages, Key(analysis_document_id)))
        return [RPMRecord(**dict(zip(RPMRecord.__annotations__, row, strict=True))) for row in rows]  # type: ignore[typeddict-item]

    def get_python_package_version_all(self, analysis_document_id: str) -> list[FoundPythonPackage]:
        """The Python packages that an analysis found, by name, version (PEP 440, newest last) and place.

        Empty where it is not known.
        """
        return [
            FoundPythonPackage(package_name=name, package_version=version, location=location)
            for name, version, location in self._ask(*shaped(_python_packages, Key(analysis_document_id)))
        ]

    def get_run_software_environment_analyses_all(
        self,
        run_software_environment_name: str,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        convert_datetime: bool = True,
        is_external: bool = False,
    ) -> list[AnalysisRecord]:
        """Analyses of an environment that software runs in, newest first; is_external asks for a user's.

        Moments are texts in UTC unless convert_datetime is False. Raises ValueError for a negative offset or count.
        """
        wanted = EnvironmentFilter(
            is_external=is_external,
            environment_type=EnvironmentTypeEnum.RUNTIME,
            environment_name=run_software_environment_name,
        )
        rows = self._ask(Page(start_offset, count).of(_analyses(wanted, *_RECORD)))
        return [_as_record(row, convert_datetime) for row in rows]

    def get_build_software_environment_analyses_all(
        self,
        build_software_environment_name: str,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        convert_datetime: bool = True,
        is_external: bool = False,
    ) -> list[AnalysisRecord]:
        """Analyses of an environment that software is built in, newest first; is_external asks for a user's.

        Moments are texts in UTC unless convert_datetime is False. Raises ValueError for a negative offset or count.
        """
        wanted = EnvironmentFilter(
            is_external=is_external,
            environment_type=EnvironmentTypeEnum.BUILDTIME,
            environment_name=build_software_environment_name,
        )
        rows = self._ask(Page(start_offset, count).of(_analyses(wanted, *_RECORD)))
        return [_as_record(row, convert_datetime) for row in rows]

    def get_analyzer_documents_count_all(self) -> int:
        """How many analyses of images are known."""
        return int(self._ask_value(select(func.count()).select_from(PackageExtractRun)))


def _as_record(row: AnyRow, convert_datetime: bool) -> AnalysisRecord:
    moment = naive(row[0])
    return AnalysisRecord(
        analysis_datetime=moment.strftime(MOMENT) if convert_datetime else moment,
        analysis_document_id=row[1],
        package_extract_name=row[2],
        package_extract_version=row[3],
    )
