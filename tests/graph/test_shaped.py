"""Statements that are made once for each shape of a question."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import psycopg2

from thoth.storages.graph.enums import EnvironmentTypeEnum
from thoth.storages.graph.filters import DEFAULT_COUNT, Environment, PackageAt, Page
from thoth.storages.graph.models import PackageExtractRun
from thoth.storages.graph.queries.environments import EnvironmentFilter
from thoth.storages.graph.queries.listed import version_page
from thoth.storages.graph.queries.shaped import Key, shaped
from thoth.storages.graph.sql_types import AnySelect

FLASK = PackageAt.of("flask", "1.0", "https://pypi.org/simple")
DEBIAN = Environment.of("debian", "12", "3.11")


def test_questions_of_one_shape_have_one_statement_and_parameters_of_their_own() -> None:
    statement, parameters = shaped(version_page, FLASK, DEBIAN, True, None, Page())
    again, others = shaped(version_page, PackageAt.of("click", "8.0", "https://x"), DEBIAN, True, None, Page())
    assert again is statement
    assert (parameters["package_name_0"], others["package_name_0"]) == ("flask", "click")
    compiled = statement.compile(dialect=psycopg2.dialect())
    assert parameters.keys() <= compiled.params.keys()
    given = ["flask", "1.0", "https://pypi.org/simple", "debian", "12", "3.11"]
    assert list(parameters.values()) == [*given, 0, DEFAULT_COUNT]
    assert "flask" not in str(compiled)


def test_what_is_given_and_what_is_not_make_another_shape() -> None:
    shapes = [
        shaped(version_page, FLASK, DEBIAN, True, None, Page()),
        shaped(version_page, PackageAt.of("flask", "1.0"), DEBIAN, True, None, Page()),
        shaped(version_page, FLASK, Environment.of("debian", None, "3.11"), True, None, Page()),
        shaped(version_page, FLASK, DEBIAN, False, None, Page()),
        shaped(version_page, FLASK, DEBIAN, True, False, Page()),
        shaped(version_page, FLASK, DEBIAN, True, None, Page(0, None)),
    ]
    assert len({id(statement) for statement, _parameters in shapes}) == len(shapes)
    assert "python_version_1" not in shaped(version_page, FLASK, Environment(), True, None, Page())[1]


def test_every_page_has_one_statement() -> None:
    first, second = (shaped(version_page, FLASK, DEBIAN, True, None, Page(offset, 10)) for offset in (0, 10))
    assert first[0] is second[0]
    assert (first[1]["start_offset_4"], second[1]["start_offset_4"], second[1]["count_4"]) == (0, 10, 10)


def _analyses(wanted: EnvironmentFilter) -> AnySelect:
    return select(PackageExtractRun.id).where(*wanted.conditions())


def test_what_is_no_text_in_a_filter_belongs_to_the_shape() -> None:
    run, build = EnvironmentTypeEnum.RUNTIME, EnvironmentTypeEnum.BUILDTIME
    first, parameters = shaped(_analyses, EnvironmentFilter(environment_type=run, environment_name="a"))
    assert parameters == {"environment_name_0": "a"}
    assert shaped(_analyses, EnvironmentFilter(environment_type=run, environment_name="b"))[0] is first
    others = [
        EnvironmentFilter(environment_type=build, environment_name="a"),
        EnvironmentFilter(is_external=True, environment_type=run, environment_name="a"),
    ]
    assert len({id(shaped(_analyses, one)[0]) for one in others} | {id(first)}) == 3


def _run(document_id: str) -> AnySelect:
    return select(PackageExtractRun.id).where(PackageExtractRun.analysis_document_id == document_id)


def test_what_looks_one_row_up_by_its_key_is_prepared() -> None:
    statement, parameters = shaped(_run, Key("package-extract-1"))
    assert shaped(_run, Key("package-extract-2"))[0] is statement
    assert parameters == {"value_0": "package-extract-1"}
    assert "thoth_storages_prepared" in statement.get_execution_options()
    everything = shaped(version_page, PackageAt(), DEBIAN, True, None, Page())[0]
    assert "thoth_storages_prepared" not in everything.get_execution_options()


def _flagged(*, distinct: bool) -> AnySelect:
    return select(PackageExtractRun.id).distinct() if distinct else select(PackageExtractRun.id)


def test_flags_belong_to_the_shape() -> None:
    assert shaped(_flagged, distinct=True)[0] is shaped(_flagged, distinct=True)[0]
    assert shaped(_flagged, distinct=True)[0] is not shaped(_flagged, distinct=False)[0]
