"""What makes no sense as an argument is refused by its name, before a database is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from thoth.storages.exceptions import SolverNameParseError
from thoth.storages.graph import GraphDatabase

PYPI = "https://pypi.org/simple"
WRONG: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda g: g.set_python_package_index_state(PYPI, enabled="yes"), TypeError, "enabled must be True or False"),
    (lambda g: g.set_python_package_index_state(PYPI, enabled=None), TypeError, "enabled must be True or False"),
    (lambda g: g.register_python_package_index(PYPI, verify_ssl=5), TypeError, "verify_ssl must be True or False"),
    (lambda g: g.register_python_package_index(PYPI, enabled="no"), TypeError, "enabled must be True or False"),
    (lambda g: g.register_python_package_index(PYPI, 5), TypeError, "warehouse_api_url must be a text, not 5"),
    (lambda g: g.get_python_package_version_names_all(like=5), TypeError, "like must be a text, not 5"),
    (lambda g: g.get_depends_on("flask", extras=[5]), TypeError, "each of extras must be a text, not 5"),
    (lambda g: g.get_depends_on("flask", extras=5), TypeError, "extras must be a collection of names, .* not 5"),
    (lambda g: g.get_depends_on("flask", extras="x"), TypeError, "extras must be a collection of names, .* not 'x'"),
    *[
        (lambda g, wrong=wrong: g.get_depends_on_of_packages(wrong), TypeError, "expected a list of .name, version")
        for wrong in (None, 5, [5], [None], b"flask")
    ],
    (lambda g: g.get_python_environment_markers(None), TypeError, "expected a list of"),
    (lambda g: g.get_last_synced("solver"), TypeError, "kind must be one of DocumentKindEnum, .* not 'solver'"),
    (lambda g: g.synced_document_ids(["x"], "y"), TypeError, "kind must be one of DocumentKindEnum, .* not 'y'"),
    (lambda g: g.sync_results("solver", []), TypeError, "kind must be one of DocumentKindEnum, .* not 'solver'"),
    (lambda g: g.get_quarantined_documents_all("x"), TypeError, "kind must be one of DocumentKindEnum, .* not 'x'"),
    (lambda g: g.parse_python_solver_name(None), SolverNameParseError, "None: expected solver-<os name>"),
    (lambda g: g.python_package_version_exists("flask", "1", PYPI, 5), SolverNameParseError, "5: expected solver-"),
]


@pytest.mark.parametrize(("ask", "error", "message"), WRONG)
def test_a_wrong_argument_is_named(ask: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ask(GraphDatabase())
