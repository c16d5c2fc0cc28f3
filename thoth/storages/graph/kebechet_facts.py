"""What one can tell the graph about Kebechet: where it is installed, and what the files of its repositories say."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ..exceptions import NotFoundError
from .documents.kebechet import parse, repository_slug
from .filters import checked_text, checked_truth
from .models import KebechetGithubAppInstallations
from .models_base import table_of
from .queries.base import Questions
from .queries.installations import InstallationFilter
from .writers.kebechet_installations import Repository, deactivate, write_files, write_installation

_LOGGER = logging.getLogger(__name__)


def _needed(name: str, value: str) -> str:
    """A text in which there is something."""
    if not (checked_text(name, value) or "").strip():
        raise ValueError(f"{name} must be a text that is not empty, not {value!r}")
    return value


class KebechetFacts(Questions):
    """Where Kebechet is installed; a slug is owner/repository, in whatever case."""

    def create_github_app_installation(self, slug: str, repo_name: str, private: bool, installation_id: str) -> bool:
        """Whether a repository was known; from now on it is active in every runtime environment it has.

        Raises TypeError and ValueError that name the argument that makes no sense.
        """
        repository = Repository(
            repository_slug(slug),
            _needed("repo_name", repo_name),
            checked_truth("private", private),
            _needed("installation_id", installation_id),
        )
        return self._tell(lambda session: write_installation(session, repository))

    def update_kebechet_github_installations_on_is_active(self, slug: str) -> bool:
        """Look after a repository no more, in none of its runtime environments; True.

        Raises NotFoundError where nobody registered it.
        """
        known = repository_slug(slug)
        if not self._tell(lambda session: deactivate(session, known)):
            raise NotFoundError(f"no installation of Kebechet for {known!r}")
        return True

    def update_kebechet_installation_using_files(
        self,
        slug: str,
        installation_id: str,
        requirements: dict[str, Any] | None = None,
        requirements_lock: dict[str, Any] | None = None,
        thoth_config: dict[str, Any] | None = None,
        runtime_environment_name: str | None = None,
        private: bool = False,
    ) -> None:
        """Keep what a repository's Pipfile, Pipfile.lock and .thoth.yaml say of a runtime environment; None is no file.

        What they said of it before is replaced, all of it or nothing; what is not of a known manager or of an index is
        left out, the log says so. Without a name the first runtime environment of .thoth.yaml counts. The repository
        is active from now on; one that is known to be private stays so.

        Raises SchemaError, which names the file and the place in it, for what is no such file; a ValueError as well
        where .thoth.yaml has no runtime environment of that name.
        """
        rows = parse(
            repository_slug(slug),
            requirements=requirements,
            requirements_lock=requirements_lock,
            thoth_config=thoth_config,
            runtime_environment_name=checked_text("runtime_environment_name", runtime_environment_name),
        )
        is_private, number = checked_truth("private", private), _needed("installation_id", installation_id)
        self._tell(lambda session: write_files(session, rows, private=is_private, installation_id=number))
        self._look_again()
        for remark in rows.remarks:
            _LOGGER.info("%s: %s", rows.slug, remark)

    def delete_kebechet_github_app_installations(
        self,
        *,
        id: int | None = None,  # noqa: A002 (callers name it so)
        slug: str | None = None,
        private: bool | None = None,
        installation_id: str | None = None,
        is_active: bool | None = None,
        runtime_environment_name: str | None = None,
        info_manager: bool | None = None,
        pipfile_requirements_manager: bool | None = None,
        update_manager: bool | None = None,
        version_manager: bool | None = None,
        thoth_advise_manager: bool | None = None,
        thoth_provenance_manager: bool | None = None,
        last_run_before: datetime | None = None,
        last_run_after: datetime | None = None,
        external_python_software_stack_id: int | None = None,
        external_software_environment_id: int | None = None,
        advised_python_software_stack_id: int | None = None,
        runtime_environment: str | None = None,
    ) -> int:
        """How many installations were deleted: those that get_kebechet_github_app_installations_all() gives.

        Called without an argument it deletes ALL of them. Their stacks and environments stay. What is called
        runtime_environment is a second name of runtime_environment_name, which services use.
        """
        if runtime_environment is not None and runtime_environment_name not in (None, runtime_environment):
            raise ValueError("runtime_environment and runtime_environment_name must be the same")
        installations = InstallationFilter(
            id=id,
            slug=slug,
            private=private,
            installation_id=installation_id,
            is_active=is_active,
            runtime_environment_name=runtime_environment_name if runtime_environment is None else runtime_environment,
            info_manager=info_manager,
            pipfile_requirements_manager=pipfile_requirements_manager,
            update_manager=update_manager,
            version_manager=version_manager,
            thoth_advise_manager=thoth_advise_manager,
            thoth_provenance_manager=thoth_provenance_manager,
            last_run_before=last_run_before,
            last_run_after=last_run_after,
            external_python_software_stack_id=external_python_software_stack_id,
            external_software_environment_id=external_software_environment_id,
            advised_python_software_stack_id=advised_python_software_stack_id,
        )
        conditions = list(installations.checked().conditions())

        def work(session: Session) -> int:
            rows = table_of(KebechetGithubAppInstallations)
            return len(session.scalars(delete(rows).where(*conditions).returning(rows.c.id)).all())

        return self._tell(work)
