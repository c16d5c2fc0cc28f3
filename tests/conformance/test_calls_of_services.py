"""What services call is answered, on a graph of documents of every kind, in the shape that its annotation says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, get_type_hints

import pytest
from sqlalchemy.engine import URL
from support.analyses import as_id, real_analysis, with_rpms
from support.annotations import misfits
from support.call_forms import CALL_FORMS, VALUES, CallForm
from support.databases import graph_with
from support.documents import PYPI
from support.kinds import KINDS
from support.security_indicators_documents import security_indicators

from thoth.storages.graph import GraphDatabase

DELETING = ("delete_hardware", "delete_kebechet", "delete_adviser", "delete_analysis", "delete_solver", "purge_")
"""What calls begin with after which others would find nothing any more."""
FORMS = [form for form in CALL_FORMS if not form.name.startswith(DELETING)]
FLASK, ATTRS = ("flask", "3.0.3", PYPI), ("attrs", "22.2.0", PYPI)
RULE = {"package_name": "flask", "version_specifier": "<4", "index_url": PYPI, "description": "not now"}
NOTHING_TO_TELL = {
    "build_software_environment_analyses_listing": "no image that builds was analysed",
    "get_last_analysis_document_id": "no image of theirs was analysed",
    "get_python_environment_marker": "jinja2 is needed whatever the environment",
    "get_python_package_required_symbols": "nobody analysed the artifacts of flask",
    "get_python_package_version_dependents_all": "nothing depends on flask",
    "get_python_package_version_names_all": "no name is like that",
    "get_python_package_version_names_count_all": "no name is like that",
    "get_python_software_stack_count_all": "stacks of users are external",
    "get_software_environments_all": "no environment is all that",
    "get_software_environments_count_all": "no environment is all that",
    "get_thoth_s2i_analyzed_image_symbols_all": "no image of theirs was analysed",
    "retrieve_transitive_dependencies_python_multi": "no package is given",
}
"""Why a call that is answered with more than yes or no has nothing in its answer, where it does not fail."""
AS_WRITTEN = (("x", "u"), ("x", "1", None), ("x", "1", "u"))
"""Packages that nobody knows."""


@pytest.fixture(scope="module")
def asked(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """A graph of documents of every kind, and of what jobs tell besides."""
    with graph_with(server, filled_template, "services", []) as adapter:
        yield told(adapter)


def told(adapter: GraphDatabase) -> GraphDatabase:
    """Documents of every kind, and what jobs tell besides."""
    for kind in KINDS.values():
        kind.prepare(adapter)
        kind.tell(adapter, *kind.last())
    adapter.sync_security_indicator_aggregated_result(security_indicators(package=FLASK))
    adapter.sync_analysis_result(as_id(with_rpms(real_analysis()), VALUES["document_id"]))
    adapter.set_cve_timestamp(VALUES["timestamp"])
    adapter.create_python_cve_record(*FLASK, cve_id="CVE-2024-2", details="another way in")
    adapter.create_hardware_information(VALUES["hardware"], is_external=False)
    files = {name: VALUES[name] for name in ("requirements", "requirements_lock", "thoth_config")}
    environment = VALUES["runtime_environment_name"]
    adapter.update_kebechet_installation_using_files(
        VALUES["slug"], VALUES["installation_id"], **files, runtime_environment_name=environment
    )
    return adapter


def given(graph: GraphDatabase, form: CallForm) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a service gives, with the ids and digests of what is there; what other calls may change is as it was."""
    graph.update_missing_flag_package_version(*FLASK, value=False)
    graph.set_python_package_index_state(PYPI, enabled=True)
    graph.create_github_app_installation(
        *(VALUES[name] for name in ("slug", "repo_name", "private", "installation_id"))
    )
    keywords = dict(form.keywords)
    if "rule" in form.name:
        rule_id = graph.create_python_rule(**RULE)["id"]
        keywords |= {"rule_id": rule_id} if "rule_id" in keywords else {}
    if "sha256_hash" in keywords:
        keywords |= {"package_name": ATTRS[0], "package_version": ATTRS[1]}
        keywords["sha256_hash"] = graph.get_python_package_hashes_sha256(*ATTRS)[0]
    positional = (real_analysis(),) if form.name == "sync_analysis_result" else form.positional
    return positional, keywords


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.service}-{form.name}")
def test_a_call_is_answered_in_the_shape_that_is_promised(asked: GraphDatabase, form: CallForm) -> None:
    positional, keywords = given(asked, form)
    answer = getattr(asked, form.name)(*positional, **keywords)
    hint = get_type_hints(getattr(GraphDatabase, form.name))["return"]
    assert list(misfits(answer, hint)) == []
    if hint is not type(None) and not isinstance(answer, bool) and positional not in AS_WRITTEN:
        assert answer or form.name in NOTHING_TO_TELL, "there is nothing in it that would have a shape"


def test_calls_that_delete_say_how_much_that_was(
    server: URL, filled_template: URL, settings: pytest.MonkeyPatch
) -> None:
    """One after the other, by their names: what is purged is what was not deleted before."""
    with graph_with(server, filled_template, "deleting", []) as graph:
        told(graph)
        ids = {
            "delete_adviser_result": graph.get_adviser_run_document_ids_all()[0],
            "delete_solver_result": graph.get_solver_document_id_all(*FLASK)[0],
        }
        later = {"end_datetime": datetime(9999, 1, 1), "adviser_version": None, "package_extract_version": None}
        deleting = sorted((form for form in CALL_FORMS if form.name.startswith(DELETING)), key=lambda form: form.name)
        for form in deleting:
            positional = (ids[form.name],) if form.name in ids else form.positional
            keywords = {name: later.get(name, value) for name, value in form.keywords.items()}
            answer = getattr(graph, form.name)(*positional, **keywords)
            assert list(misfits(answer, get_type_hints(getattr(GraphDatabase, form.name))["return"])) == []
            assert answer is None or answer > 0, form.name
        assert len(deleting) == 8


def test_reasons_are_about_calls_that_there_are() -> None:
    assert NOTHING_TO_TELL.keys() <= {form.name for form in FORMS}


# --- What is not as an annotation says is found ----------------------------------------------------------------------


class Named(NamedTuple):
    name: str
    number: float


class Keyed(TypedDict):
    at: datetime | None
    ids: list[int]


NOW = datetime(2024, 1, 2)


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (True, int, "answer is True, not <class 'int'>"),
        ([("a", "1")], list[tuple[str, str, str | None]], "answer[0] is ('a', '1'), not"),
        ([("a", 1)], list[tuple[str, str]], "answer[0][1] is 1, not"),
        (("a",), list[str], "answer is ('a',), not"),
        ({"a": {1}}, dict[str, set[str]], "answer['a'][0] is 1, not"),
        ({1: "a"}, dict[str, str], "key of answer is 1, not"),
        (None, str, "answer is None, not"),
        (5, str | None, "answer is 5, not"),
        (Named("a", "1"), Named, "answer.number is '1', not"),  # type: ignore[arg-type]
        (("a", 1), Named, "answer is ('a', 1), not"),
        ({"at": NOW}, Keyed, "answer is {'at'"),
        ({"at": NOW, "ids": [], "more": 1}, Keyed, "answer is {'at'"),
        ({"at": "today", "ids": []}, Keyed, "answer['at'] is 'today', not"),
    ],
)
def test_another_shape_is_seen(value: object, hint: Any, expected: str) -> None:
    (found,) = misfits(value, hint)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (Named("a", 1), Named),
        ({"at": None, "ids": [1]}, Keyed),
        ([], list[str]),
        ((1, 2, 3), tuple[int, ...]),
        (None, type(None)),
        (5, Any),
    ],
)
def test_the_shape_that_is_promised_is_no_misfit(value: object, hint: Any) -> None:
    assert list(misfits(value, hint)) == []
