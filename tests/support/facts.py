"""Rows of any table, written behind the library's back, to see what the tables let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.names import key_sha256

NOW = datetime(2024, 1, 2, tzinfo=UTC)
ENVIRONMENT = (
    "environment_name",
    "python_version",
    "image_name",
    "image_sha",
    "os_name",
    "os_version",
    "thoth_image_name",
    "thoth_image_version",
    "env_image_name",
    "env_image_tag",
    "cuda_version",
)
HARDWARE = (
    "cpu_vendor",
    "cpu_model",
    "cpu_cores",
    "cpu_model_name",
    "cpu_family",
    "cpu_physical_cpus",
    "gpu_model_name",
    "gpu_vendor",
    "gpu_cores",
    "gpu_memory_size",
    "ram_size",
)
COUNTERS = tuple(
    column.name
    for column in table_of(m.SecurityIndicatorAggregatedRun).columns
    if column.name.startswith(("severity_", "number_", "total_"))
)
# The columns of a natural key that its digest stands for, in their order.
LONG_COLUMNS: dict[type[Any], tuple[str, ...]] = {
    m.DebDependency: ("package_name",),
    m.DependsOn: ("version_range", "marker", "extra"),
    m.ExternalHardwareInformation: HARDWARE,
    m.ExternalSoftwareEnvironment: ENVIRONMENT,
    m.FoundPythonFile: ("file",),
    m.HardwareInformation: HARDWARE,
    m.Identified: ("location",),
    m.IncludedFile: ("file",),
    m.PythonInterpreter: ("path", "link", "version"),
    m.PythonPackageLicense: ("license_name", "license_identifier", "license_version"),
    m.PythonPackageMetadata: ("name", "description"),
    m.PythonPackageRequirement: ("name", "version_range"),
    m.RPMRequirement: ("rpm_requirement_name",),
    m.SoftwareEnvironment: ENVIRONMENT,
    m.VersionedSymbol: ("library_name", "symbol"),
}


def hexadecimal(text: str) -> str:
    """64 hexadecimal digits, different for each text."""
    return key_sha256(text).hex()


@dataclass
class Facts:
    """Writes rows; what a row needs beside what a test is about is made up."""

    connection: Connection

    def put(self, model: type[Any], **values: Any) -> Any:
        """A row with these values; gives the first column of its primary key."""
        table = table_of(model)
        if model in LONG_COLUMNS and "key_sha256" not in values:
            values["key_sha256"] = key_sha256(*(values.get(name) for name in LONG_COLUMNS[model]))
        with self.connection.begin_nested():
            return self.connection.scalar(insert(table).values(values).returning(next(iter(table.primary_key))))

    def refuses(self, model: type[Any], **values: Any) -> str:
        """The name of the constraint, or of the column, that keeps a row with these values out."""
        with pytest.raises(IntegrityError) as raised:
            self.put(model, **values)
        said = raised.value.orig.diag  # type: ignore[union-attr]
        return str(said.constraint_name or said.column_name)

    def delete(self, model: type[Any], id: int) -> None:  # noqa: A002 (the column is called so)
        table = table_of(model)
        self.connection.execute(table.delete().where(next(iter(table.primary_key)) == id))

    def count(self, model: type[Any]) -> int:
        return self.connection.scalar(select(func.count()).select_from(table_of(model))) or 0

    def value(self, model: type[Any], column: str) -> Any:
        """Of the one row there is."""
        return self.connection.execute(select(table_of(model).c[column])).scalar_one()

    # --- What other rows refer to ---

    def index(self, url: str = "https://pypi.org/simple") -> Any:
        return self.put(m.PythonPackageIndex, url=url)

    def entity(self, name: str = "flask", version: str | None = "1.0", index: int | None = None) -> Any:
        order = None if version is None else version.encode()
        return self.put(
            m.PythonPackageVersionEntity,
            package_name=name,
            package_version=version,
            version_order=order,
            python_package_index_id=index,
        )

    def version(self, entity: int, os_version: str = "8", **values: Any) -> Any:
        names = {"package_name": "flask", "package_version": "1.0", "version_order": b"1"}
        env = {"os_name": "rhel", "os_version": os_version, "python_version": "3.11"}
        return self.put(m.PythonPackageVersion, entity_id=entity, **names, **env, **values)

    def environment(self, **values: Any) -> Any:
        return self.put(m.SoftwareEnvironment, environment_type="RUNTIME", **values)

    def external_environment(self, **values: Any) -> Any:
        return self.put(m.ExternalSoftwareEnvironment, environment_type="RUNTIME", **values)

    def analysis(self, document_id: str = "package-extract-1", **values: Any) -> Any:
        if not values:
            values = {"software_environment_id": self.environment(image_name=document_id)}
        return self.put(m.PackageExtractRun, **ANALYSIS, analysis_document_id=document_id, **values)

    def adviser(self, document_id: str = "adviser-1", **values: Any) -> Any:
        return self.put(m.AdviserRun, **ADVISER, adviser_document_id=document_id, **values)

    def requirements(self, text: str = "a") -> Any:
        return self.put(m.PythonRequirements, requirements_hash=hexadecimal(text))

    def lock(self, text: str = "a") -> Any:
        return self.put(m.PythonRequirementsLock, requirements_lock_hash=hexadecimal(text))

    def monkey(self, document_id: str = "dependency-monkey-1") -> Any:
        return self.put(m.DependencyMonkeyRun, **MONKEY, dependency_monkey_document_id=document_id)

    def inspection(self, document_id: str = "inspection-1", number: int = 0, **values: Any) -> Any:
        key = {"inspection_document_id": document_id, "inspection_result_number": number}
        return self.put(m.InspectionRun, **key, **{"inspection_sync_state": "PENDING", **values})

    def security(self, document_id: str = "si-1", **values: Any) -> Any:
        counts = {**dict.fromkeys(COUNTERS, 0), **values}
        return self.put(
            m.SecurityIndicatorAggregatedRun, si_aggregated_run_document_id=document_id, datetime=NOW, **counts
        )


ANALYSIS = {
    "package_extract_name": "package-extract",
    "package_extract_version": "1",
    "datetime": NOW,
    "environment_type": "RUNTIME",
    "image_tag": "latest",
    "os_name": "Red Hat Enterprise Linux",
    "os_id": "rhel",
    "os_version_id": "8.4",
}
ADVISER = {
    "datetime": NOW,
    "adviser_version": "1",
    "adviser_name": "thoth-adviser",
    "recommendation_type": "STABLE",
    "requirements_format": "PIPENV",
}
MONKEY = {
    "datetime": NOW,
    "dependency_monkey_name": "thoth-dependency-monkey",
    "dependency_monkey_version": "1",
    "decision": "all",
}


def only_once(facts: Facts, model: type[Any], constraint: str, rows: list[dict[str, Any]], **shared: Any) -> None:
    """Every row fits beside the others, and none fits twice; the key of that name is in the way."""
    for row in rows:
        facts.put(model, **shared, **row)
    for row in rows:
        assert facts.refuses(model, **shared, **row) == constraint, row
