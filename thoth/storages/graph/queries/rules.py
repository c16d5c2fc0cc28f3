"""Rules that keep package versions from being solved."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict

from sqlalchemy import select

from ...exceptions import NotFoundError
from ..filters import DEFAULT_COUNT, PackageAt, Page
from ..models import (
    PythonPackageIndex,
    PythonPackageVersionEntity,
    PythonPackageVersionEntityRule,
    PythonPackageVersionEntityRulesAssociation,
)
from ..names import without_user
from ..sql_types import AnyRow, AnySelect
from ..writers.rules_told import Rule, delete_rule, write_rule
from .base import Questions
from .shaped import shaped
from .versions import select_entities

_RULES = PythonPackageVersionEntityRule
_LINKS = PythonPackageVersionEntityRulesAssociation


class RuleRecord(TypedDict):
    """A rule; without a range it is about all versions, without an index about all indexes."""

    id: int
    package_name: str
    version_range: str | None
    description: str | None
    index_url: str | None


class SolverRule(NamedTuple):
    """A rule as it applies to a package version on an index."""

    rule_id: int
    version_range: str | None
    index_url: str | None
    description: str | None


def _rules() -> AnySelect:
    """Rules, newest first."""
    columns = (_RULES.id, _RULES.package_name, _RULES.version_range, _RULES.description, PythonPackageIndex.url)
    statement = select(*columns).outerjoin(PythonPackageIndex, PythonPackageIndex.id == _RULES.python_package_index_id)
    return statement.order_by(_RULES.id.desc())


def _page(package: PackageAt, page: Page) -> AnySelect:
    """A page of the rules of a package, or on an index."""
    statement = _rules()
    if package.package_name is not None:
        statement = statement.where(_RULES.package_name == package.package_name)
    if package.index_url is not None:
        statement = statement.where(PythonPackageIndex.url == package.index_url)
    return page.of(statement)


def _applied(package: PackageAt) -> AnySelect:
    """The rules that apply to versions of a package, by id and index, each once."""
    columns = (_RULES.id, _RULES.version_range, PythonPackageIndex.url, _RULES.description)
    return (
        select_entities(package, *columns)
        .join(_LINKS, _LINKS.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(_RULES, _RULES.id == _LINKS.python_package_version_entity_rule_id)
        .group_by(_RULES.id, PythonPackageIndex.url)
        .order_by(_RULES.id, PythonPackageIndex.url)
    )


def _checked(rule_id: int) -> int:
    if not isinstance(rule_id, int) or isinstance(rule_id, bool):
        raise TypeError(f"rule_id must be the number of a rule, not {rule_id!r}")
    return rule_id


class RuleQueries(Questions):
    """Rules: which package versions are not to be solved, and why."""

    def create_python_rule(
        self,
        package_name: str,
        *,
        version_specifier: str | None = None,
        index_url: str | None = None,
        description: str | None = None,
    ) -> RuleRecord:
        """The rule that versions of a package are not to be solved, which holds from now on.

        A specifier such as ``<2`` is one of PEP 440; none, or ``*``, is all versions, no index is every index. Another
        specifier for the same package is another rule: rules add to each other. One that is there gets this
        description, unless that is None. Package versions that are known already follow it as well as new ones.

        Raises NotFoundError for an index that is not registered, ValueError for what is no specifier, no name, or
        cannot be kept: a specifier of more than 2,048 bytes, texts with NUL characters or lone surrogates.
        """
        rule = Rule.of(package_name, version_specifier, index_url, description)
        rule_id = self._tell(lambda session: write_rule(session, rule))
        if rule_id is None:
            raise NotFoundError(f"Python package index {without_user(index_url or '')!r} is not registered")
        self._look_again()
        return self.get_python_rule(rule_id)

    def delete_python_rule(self, rule_id: int) -> int:
        """How many rules were deleted, 1 or 0; what it kept from being solved may be solved again."""
        checked = _checked(rule_id)
        deleted = self._tell(lambda session: delete_rule(session, checked))
        self._look_again()
        return deleted

    def get_python_rule(self, rule_id: int) -> RuleRecord:
        """A rule by its id. Raises NotFoundError where there is none."""
        rows = self._ask(_rules().where(_RULES.id == _checked(rule_id)))
        if not rows:
            raise NotFoundError(f"there is no rule {rule_id!r}")
        return _record(rows[0])

    def get_python_rule_all(
        self,
        *,
        package_name: str | None = None,
        index_url: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
    ) -> list[RuleRecord]:
        """Rules, newest first; of one package or on one index, if it is given. A count of None means all.

        With an index, rules about every index are left out. Raises ValueError for a negative offset or count.
        """
        package = PackageAt.matching(package_name, None, index_url)
        return [_record(row) for row in self._ask(*shaped(_page, package, Page(start_offset, count)))]

    def get_python_package_version_solver_rules_all(
        self, package_name: str, package_version: str | None = None, index_url: str | None = None
    ) -> list[SolverRule]:
        """(rule id, range, index URL, description) of the rules that apply to a package, by id and index, each once.

        The index is the one of the package version that the rule applies to. What is None means any. They are
        remembered; see Questions for when they are forgotten.
        """
        package = PackageAt.of(package_name, package_version, index_url)

        def ask() -> tuple[tuple[Any, ...], ...]:
            return tuple(tuple(row) for row in self._ask(*shaped(_applied, package)))

        applied = self._remembered("get_python_package_version_solver_rules_all", package, None, ask)
        return [SolverRule(*row) for row in applied]


def _record(row: AnyRow) -> RuleRecord:
    return RuleRecord(id=row[0], package_name=row[1], version_range=row[2], description=row[3], index_url=row[4])
