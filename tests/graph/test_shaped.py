"""Statements that are made once for each shape of a question."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import psycopg2

from thoth.storages.graph.filters import Environment, PackageAt, Page
from thoth.storages.graph.queries.listed import version_page
from thoth.storages.graph.queries.shaped import shaped

FLASK = PackageAt.of("flask", "1.0", "https://pypi.org/simple")
DEBIAN = Environment.of("debian", "12", "3.11")


def test_questions_of_one_shape_have_one_statement_and_parameters_of_their_own() -> None:
    statement, parameters = shaped(version_page, FLASK, DEBIAN, True, None, Page())
    again, others = shaped(version_page, PackageAt.of("click", "8.0", "https://x"), DEBIAN, True, None, Page())
    assert again is statement
    assert (parameters["package_name_0"], others["package_name_0"]) == ("flask", "click")
    compiled = statement.compile(dialect=psycopg2.dialect())
    assert parameters.keys() <= compiled.params.keys()
    assert sorted(parameters.values()) == sorted(["flask", "1.0", "https://pypi.org/simple", "debian", "12", "3.11"])
    assert "flask" not in str(compiled)


def test_what_is_given_and_what_is_not_make_another_shape() -> None:
    shapes = [
        shaped(version_page, FLASK, DEBIAN, True, None, Page()),
        shaped(version_page, PackageAt.of("flask", "1.0"), DEBIAN, True, None, Page()),
        shaped(version_page, FLASK, Environment.of("debian", None, "3.11"), True, None, Page()),
        shaped(version_page, FLASK, DEBIAN, False, None, Page()),
        shaped(version_page, FLASK, DEBIAN, True, False, Page()),
        shaped(version_page, FLASK, DEBIAN, True, None, Page(5)),
    ]
    assert len({id(statement) for statement, _parameters in shapes}) == len(shapes)
    assert "python_version_1" not in shaped(version_page, FLASK, Environment(), True, None, Page())[1]
