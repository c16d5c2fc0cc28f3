"""Which installations of Kebechet are asked about, or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement

from ..documents.kebechet import repository_slug
from ..filters import checked_flag, checked_text
from ..models import KebechetGithubAppInstallations

_INSTALLATIONS = KebechetGithubAppInstallations


@dataclass(frozen=True, slots=True)
class InstallationFilter:
    """Which installations are asked about; what is None means any."""

    id: int | None = None
    slug: str | None = None
    private: bool | None = None
    installation_id: str | None = None
    is_active: bool | None = None
    runtime_environment_name: str | None = None
    info_manager: bool | None = None
    pipfile_requirements_manager: bool | None = None
    update_manager: bool | None = None
    version_manager: bool | None = None
    thoth_advise_manager: bool | None = None
    thoth_provenance_manager: bool | None = None
    last_run_before: datetime | None = None
    last_run_after: datetime | None = None
    external_python_software_stack_id: int | None = None
    external_software_environment_id: int | None = None
    advised_python_software_stack_id: int | None = None

    def checked(self) -> InstallationFilter:
        """The same in the graph's own spelling. Raises TypeError and ValueError that name what makes no sense."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "bool | None":
                checked_flag(field.name, value)
            elif field.type == "str | None":
                checked_text(field.name, value)
            elif (
                field.type == "int | None" and value is not None and (isinstance(value, bool) or type(value) is not int)
            ):
                raise TypeError(f"{field.name} must be a whole number, not {value!r}")
        return replace(
            self,
            slug=None if self.slug is None else repository_slug(self.slug),
            last_run_before=_moment("last_run_before", self.last_run_before),
            last_run_after=_moment("last_run_after", self.last_run_after),
        )

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What rows of the table have to be."""
        if self.last_run_before is not None:
            yield _INSTALLATIONS.last_run < self.last_run_before
        if self.last_run_after is not None:
            yield _INSTALLATIONS.last_run > self.last_run_after
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not field.name.startswith("last_run_"):
                yield getattr(_INSTALLATIONS, field.name) == value


def _moment(name: str, value: object) -> datetime | None:
    """A moment with its zone, UTC where it has none. Raises TypeError for what is no moment."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime, not {value!r}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value
