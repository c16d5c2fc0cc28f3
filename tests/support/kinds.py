"""Every kind of document: how it is told, and documents of it that speak of the same things."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from support import package_analysis_documents, revsolver_documents, security_indicators_documents
from support.adviser_documents import adviser_contents, provenance_contents
from support.analyses import as_id, real_analysis, with_rpms
from support.documents import ON_RHEL, PYPI, Document, core, for_solver, id_of, made, real_document, tree, variants
from support.inspection_documents import (
    INSPECTION,
    MONKEY,
    failed_monkey,
    inspection,
    inspection_of_2019,
    monkey,
    without_lock,
    without_script,
)
from support.package_analysis_documents import artifact, failed_package_analysis, package_analysis
from support.revsolver_documents import dependent, reverse_solved
from support.security_indicators_documents import failed_security_indicators, security_indicators
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum


@dataclass(frozen=True)
class Kind:
    """A kind of document. Each of its documents has several contents, of which the last one is to stay."""

    method: str
    contents: Callable[[], list[list[Document]]]
    known: Callable[[], list[tuple[str, Document]]] = list
    """What the graph was told before, by which method."""

    def tell(self, adapter: GraphDatabase, *documents: Document) -> None:
        for document in documents:
            getattr(adapter, self.method)(document)

    def prepare(self, adapter: GraphDatabase) -> None:
        """Tell what the graph has to know first."""
        for method, document in self.known():
            getattr(adapter, method)(document)

    def all(self) -> list[Document]:
        """Every content of every document."""
        return [content for contents in self.contents() for content in contents]

    def last(self) -> list[Document]:
        """Of every document the content that is to stay."""
        return [contents[-1] for contents in self.contents()]


def solver_contents() -> list[list[Document]]:
    """Runs of two packages that contradict each other, two of which were about another package at first."""
    flask, fewer, markers, _other, failed, same_time = variants(real_document("flask==3.0.3"))
    attrs = real_document("attrs==22.2.0")
    six = real_document("six==1.16.0")
    about_six = {**copy.deepcopy(six), "metadata": copy.deepcopy(attrs["metadata"])}
    changed = made(flask)
    core(changed)["Summary"] = "Said first"
    tree(changed)["packages"] = ["only_at_first"]
    tree(changed)["dependencies"] = tree(changed)["dependencies"][2:]
    emptied = made(fewer)
    tree(emptied)["dependencies"] = []
    return [
        [changed, flask],
        [emptied, fewer],
        [markers],
        [failed, same_time_as(failed, same_time)],
        [about_six, attrs],
    ]


def same_time_as(document: Document, other: Document) -> Document:
    """The other one's findings under the first one's id, made when it was."""
    return {**copy.deepcopy(other), "metadata": {**other["metadata"], "document_id": id_of(document)}}


def analysis_contents() -> list[list[Document]]:
    """Three small images; what was found in two of them changed, one is found in two analyses."""
    small = with_rpms(real_analysis())
    for found in small["result"].values():
        if isinstance(found, list):
            del found[4:]
    symbols = small["result"]["system-symbols"]
    small["result"]["system-symbols"] = {library: symbols[library][:3] for library in list(symbols)[:2]}
    first, second, third = (
        as_id(small, f"package-extract-26112211352{number}-0123456789abcdef") for number in range(3)
    )
    changed = copy.deepcopy(first)
    changed["result"]["python-packages"] = changed["result"]["python-packages"][1:]
    changed["result"]["deb-dependencies"] = changed["result"]["deb-dependencies"][:1]
    changed["result"]["rpm-dependencies"][0]["dependencies"] = ["only-at-first"]
    emptied = copy.deepcopy(second)
    emptied["result"]["system-symbols"] = {}
    for name, found in emptied["result"].items():
        if isinstance(found, list) and name != "layers":
            found.clear()
    third["result"]["python-files"] = third["result"]["python-files"][2:]
    return [[changed, first], [emptied, second], [third]]


def security_indicators_contents() -> list[list[Document]]:
    """Indicators of two packages, of which one could not be analysed at first and the other one not in the end."""
    first, second, third = (f"{security_indicators_documents.ID[:-1]}{number}" for number in range(3))
    make, fail = security_indicators, failed_security_indicators
    other = ("other-lib", "2.0", PYPI)
    return [
        [fail(document_id=first), make(document_id=first)],
        [make(document_id=second, package=other), make(document_id=second, more=100), fail(document_id=second)],
        [make(document_id=third, more=7)],
    ]


def package_analysis_contents() -> list[list[Document]]:
    """Analyses of one package and of another one, which share artifacts and files; one found something else first."""
    first, second, third = (f"{package_analysis_documents.ID[:-1]}{number}" for number in range(3))
    shared = package_analysis()["result"]["artifacts"]
    fewer = [artifact("other.whl", ["simple_lib/__init__.py"], {"libc.so.6": ["GLIBC_2.4", "GLIBC_2.99"]})]
    return [
        [package_analysis(fewer, document_id=first), package_analysis(document_id=first)],
        [package_analysis(document_id=second), failed_package_analysis(document_id=second)],
        [package_analysis(fewer + shared[:1], document_id=third, package=("other-lib", "2.0", PYPI))],
    ]


def reverse_solver_contents() -> list[list[Document]]:
    """Two releases of a package and one of another one, and who depends on them, some of whom nobody solved."""
    first, second, third = (f"{revsolver_documents.ID[:-1]}{number}" for number in range(3))
    flask, other = dependent(), dependent("never-solved", "1.0")
    later = dependent("Flask", "2.3.3", version_range=">=2.3.3", marker='python_version < "4"')
    return [
        [reverse_solved([later], document_id=first), reverse_solved([flask, other], document_id=first)],
        [reverse_solved([flask, later], document_id=second, release=("werkzeug", "4.0"))],
        [
            reverse_solved([other], document_id=third, release=("itsdangerous", "3.0")),
            reverse_solved(
                [later, dependent(marker_evaluation_result=False)], document_id=third, release=("click", "9")
            ),
        ],
    ]


def flask_on_rhel() -> list[tuple[str, Document]]:
    return [("sync_solver_result", for_solver(real_document("flask==3.0.3"), ON_RHEL, "0123456789abcdef"))]


def two_of_flask() -> list[tuple[str, Document]]:
    return [("sync_solver_result", real_document(f"flask=={version}")) for version in ("2.3.3", "3.0.3")]


def dependency_monkey_contents() -> list[list[Document]]:
    """Runs that ask for some of the same inspections; two asked for others at first, one failed in the end."""
    first, second, third = (f"{MONKEY[:-1]}{number}" for number in range(3))
    without_hardware = monkey("inspection-a", "inspection-d", document_id=first, day=23)
    del without_hardware["result"]["parameters"]["project"]["runtime_environment"]["hardware"]
    return [
        [without_hardware, monkey("inspection-a", "inspection-b", document_id=first)],
        [monkey("inspection-b", document_id=second, day=20), failed_monkey(document_id=second, day=20)],
        [monkey("inspection-c", "inspection-b", "inspection-a", document_id=third, day=24, count=3)],
    ]


def told_inspection() -> list[tuple[str, Document]]:
    return [("sync_inspection_result", without_lock(inspection(1, inspection_id="inspection-a")))]


def inspection_contents() -> list[list[Document]]:
    """Results of two inspections; one measured something else at first, one nothing, one holds a stack."""
    locked = inspection(1)
    lock = locked["specification"]["python"]["requirements_locked"]["default"]
    lock["flask"]["version"] = "==3.0.3"  # solved, and tensorflow is not
    other = inspection(1, name="PiConv2D")
    other["specification"]["run"]["requests"]["memory"] = "1Gi"
    del other["specification"]["python"]["requirements_locked"]["default"]["flask"]
    return [
        [without_lock(inspection(name="PiConv1D")), without_lock(inspection())],
        [other, locked],
        [without_lock(inspection(inspection_id=f"{INSPECTION}-2"))],
        [
            inspection_of_2019(inspection_id=f"{INSPECTION}-3"),
            without_script(inspection(inspection_id=f"{INSPECTION}-3")),
        ],
    ]


def asked_for_and_solved() -> list[tuple[str, Document]]:
    return [*flask_on_rhel(), ("sync_dependency_monkey_result", monkey(INSPECTION, f"{INSPECTION}-2"))]


KINDS = {
    DocumentKindEnum.SOLVER: Kind("sync_solver_result", solver_contents),
    DocumentKindEnum.ANALYSIS: Kind("sync_analysis_result", analysis_contents),
    DocumentKindEnum.DEPENDENCY_MONKEY: Kind(
        "sync_dependency_monkey_result", dependency_monkey_contents, told_inspection
    ),
    DocumentKindEnum.INSPECTION: Kind("sync_inspection_result", inspection_contents, asked_for_and_solved),
    DocumentKindEnum.PACKAGE_ANALYSIS: Kind("sync_package_analysis_result", package_analysis_contents),
    DocumentKindEnum.SECURITY_INDICATORS: Kind(
        "sync_security_indicator_aggregated_result", security_indicators_contents
    ),
    DocumentKindEnum.ADVISER: Kind("sync_adviser_result", adviser_contents, flask_on_rhel),
    DocumentKindEnum.PROVENANCE_CHECKER: Kind("sync_provenance_checker_result", provenance_contents),
    DocumentKindEnum.REVERSE_SOLVER: Kind("sync_revsolver_result", reverse_solver_contents, two_of_flask),
}
