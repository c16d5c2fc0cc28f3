"""Performance indicators: their tables, the registry, reports that become rows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import URL, Engine, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from support.indicators import CONVOLUTION, MATMUL, SPECIFICATION, Report, matmul, report
from support.tables import count, rows_of, run, sequences
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.exceptions import PerformanceIndicatorReportError
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.enums import InspectionSyncStateEnum
from thoth.storages.graph.models import InspectionRun
from thoth.storages.graph.models_performance import (
    ALL_PERFORMANCE_MODELS,
    PERFORMANCE_MODEL_BY_NAME,
    PERFORMANCE_MODELS_ML_FRAMEWORKS,
    PerformanceIndicatorBase,
    PiConv1D,
    PiConv2D,
    PiMatmul,
    PiPyBench,
)
from thoth.storages.graph.performance_reports import SHARED_COLUMNS


@pytest.fixture
def sessions(database: URL) -> Iterator[sessionmaker[Session]]:
    made = make_engine(database)
    yield sessionmaker(made)
    made.dispose()


@pytest.fixture
def run_id(sessions: sessionmaker[Session]) -> int:
    """The id of a run that has no report yet."""
    with sessions.begin() as session:
        made, _ = InspectionRun.get_or_create(
            session,
            inspection_document_id="inspection-1",
            inspection_result_number=0,
            inspection_sync_state=InspectionSyncStateEnum.SYNCED,
        )
        return made.id


def store(sessions: sessionmaker[Session], run_id: int, result: Report) -> Report:
    with sessions.begin() as session:
        return PerformanceIndicatorBase.create_from_report(session, SPECIFICATION, result, run_id).to_dict()  # type: ignore[attr-defined,no-any-return]


# --- Tables and registry ---------------------------------------------------------------------------------------------


def test_the_collections_hold_every_indicator() -> None:
    assert list(ALL_PERFORMANCE_MODELS) == [PiMatmul, PiConv1D, PiConv2D, PiPyBench]
    assert len(ALL_PERFORMANCE_MODELS) == 4
    assert PiPyBench in ALL_PERFORMANCE_MODELS and PerformanceIndicatorBase not in ALL_PERFORMANCE_MODELS
    assert set(PERFORMANCE_MODELS_ML_FRAMEWORKS) == {PiMatmul, PiConv1D, PiConv2D}
    assert PiPyBench not in PERFORMANCE_MODELS_ML_FRAMEWORKS
    others = ALL_PERFORMANCE_MODELS - PERFORMANCE_MODELS_ML_FRAMEWORKS
    assert others == {PiPyBench}
    assert PERFORMANCE_MODEL_BY_NAME["PiConv1D"] is PiConv1D
    assert sorted(PERFORMANCE_MODEL_BY_NAME) == ["PiConv1D", "PiConv2D", "PiMatmul", "PiPyBench"]
    with pytest.raises(TypeError):
        PERFORMANCE_MODEL_BY_NAME["PiFoo"] = PiMatmul  # type: ignore[index]


@pytest.mark.parametrize("model", list(ALL_PERFORMANCE_MODELS))
def test_every_indicator_has_the_shared_columns_first_and_one_row_for_a_run(model: Any) -> None:
    assert model.__table__.name == f"pi_{model.__name__[2:].lower()}"
    assert model.attribute_names()[: len(SHARED_COLUMNS)] == list(SHARED_COLUMNS)
    (reference,) = model.__table__.foreign_keys
    assert (reference.target_fullname, reference.ondelete) == ("inspection_run.id", "CASCADE")
    unique = [c for c in model.__table__.constraints if isinstance(c, UniqueConstraint)]
    assert [list(c.columns.keys()) for c in unique] == [["inspection_run_id"]]
    assert [list(index.columns.keys()) for index in model.__table__.indexes] == [["component"]]


def test_pybench_has_an_average_of_each_benchmark() -> None:
    averages = [name for name in PiPyBench.attribute_names() if name.endswith("_average")]
    assert (len(averages), averages[0], averages[-1]) == (53, "built_in_function_calls_average", "totals_average")


def defined(script: str) -> subprocess.CompletedProcess[str]:
    """A script that defines indicators, in a process of its own: what is defined stays defined."""
    header = (
        "from sqlalchemy import Column, Float, Integer, String\n"
        "from thoth.storages.graph.models_base import Base, BaseExtension\n"
        "from thoth.storages.graph.models_performance import *\n"
        "from thoth.storages.graph import models_performance as own\n"
        "from thoth.storages.exceptions import PerformanceIndicatorDefinitionError\n"
    )
    command = [sys.executable, "-W", "error", "-c", header + script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_indicator_defined_elsewhere_joins_at_once() -> None:
    done = defined(
        "everything, of_ml = iter(ALL_PERFORMANCE_MODELS), len(PERFORMANCE_MODELS_ML_FRAMEWORKS)\n"
        "class PiFoo(Base, BaseExtension, PerformanceIndicatorBase):\n"
        "    size = Column(Integer, nullable=False)\n"
        "    rate = Column(Float, nullable=False)\n"
        "    device = Column(String(128), nullable=False)\n"
        "class PiBar(Base, PerformanceIndicatorBase):\n"
        "    measures_ml_framework = True\n"
        "    rate = Column(Float, nullable=False)\n"
        "class Timed(PerformanceIndicatorBase):\n"
        "    seconds = Column(Float)\n"
        "class PiBaz(Timed, Base):\n"
        "    pass\n"
        "assert len(list(everything)) == 4 and len(ALL_PERFORMANCE_MODELS) == 7\n"
        "assert PiFoo in ALL_PERFORMANCE_MODELS and Timed not in ALL_PERFORMANCE_MODELS\n"
        "assert PERFORMANCE_MODEL_BY_NAME['PiBar'] is PiBar\n"
        "assert PiBar in PERFORMANCE_MODELS_ML_FRAMEWORKS and len(PERFORMANCE_MODELS_ML_FRAMEWORKS) == of_ml + 1\n"
        "assert PiFoo.__tablename__ == PiFoo.__table__.name == 'pi_foo'\n"
        "assert PiFoo.attribute_names()[-3:] == ['size', 'rate', 'device']\n"
        "assert PiBaz.attribute_names()[-1] == 'seconds' and PiBaz.__table__.name == 'pi_baz'\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "parent", "problem"),
    [
        ("Matmul", "Base", "the performance indicator Matmul must be called Pi<something>"),
        ("Pi", "Base", "the performance indicator Pi must be called Pi<something>"),
        ("piFoo", "Base", "the performance indicator piFoo must be called Pi<something>"),
        ("PiMatmul", "Base", "__main__.PiMatmul: table pi_matmul belongs to thoth.storages.graph.models_performance."),
        ("PiMatMul", "Base", "__main__.PiMatMul: table pi_matmul belongs to thoth.storages.graph.models_performance."),
        ("PiFast", "own.PiMatmul", "PiFast cannot extend the performance indicator PiMatmul"),
    ],
)
def test_a_class_that_cannot_be_an_indicator_is_refused(name: str, parent: str, problem: str) -> None:
    done = defined(
        "before = dict(PERFORMANCE_MODEL_BY_NAME), set(Base.metadata.tables)\n"
        "try:\n"
        f"    class {name}({parent}, BaseExtension, PerformanceIndicatorBase):\n"
        "        size = Column(Integer)\n"
        "except PerformanceIndicatorDefinitionError as error:\n"
        "    assert isinstance(error, TypeError)\n"
        "    print(error)\n"
        "assert (dict(PERFORMANCE_MODEL_BY_NAME), set(Base.metadata.tables)) == before\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(problem)


def test_a_class_that_names_its_table_itself_still_needs_a_name_of_its_own() -> None:
    done = defined(
        "class PiFoo(Base, BaseExtension, PerformanceIndicatorBase):\n"
        "    __tablename__ = 'foo'\n"
        "assert PERFORMANCE_MODEL_BY_NAME['PiFoo'].__table__.name == 'foo'\n"
        "try:\n"
        "    class PiMatmul(Base, BaseExtension, PerformanceIndicatorBase):\n"
        "        __tablename__ = 'bar'\n"
        "except PerformanceIndicatorDefinitionError:\n"
        "    assert PERFORMANCE_MODEL_BY_NAME['PiMatmul'] is own.PiMatmul\n"
        "else:\n"
        "    raise SystemExit('defined')\n"
    )
    assert done.returncode == 0, done.stderr


def test_sizes_are_checked_by_the_database_as_well(engine: Engine, run_id: int) -> None:
    columns = "inspection_run_id, origin, version, device, matrix_size, dtype, reps, elapsed, rate"
    for size, reps in ((0, 1), (1, -1)):
        with pytest.raises(IntegrityError, match="_check"):
            run(engine, f"INSERT INTO pi_matmul ({columns}) VALUES ({run_id}, '', '', '', {size}, '', {reps}, 1, 1)")


# --- Reports that become rows ----------------------------------------------------------------------------------------


def test_a_report_becomes_a_row(sessions: sessionmaker[Session], engine: Engine, run_id: int) -> None:
    with sessions.begin() as session:
        row = PerformanceIndicatorBase.create_from_report(session, SPECIFICATION, MATMUL, run_id)
        assert isinstance(row, PiMatmul) and row in session
        identity = row.id
    unsaid = dict.fromkeys(SHARED_COLUMNS)
    (found,) = rows_of(engine, "SELECT * FROM pi_matmul")
    assert dict(found._mapping) == {
        **unsaid,
        "id": identity,
        "inspection_run_id": run_id,
        "component": "tensorflow",
        "origin": "https://example.com/matmul.py",
        "version": MATMUL["script_sha256"],
        "overall_score": 12.0,
        "exit_code": 0,
        **MATMUL["usage"],
        **MATMUL["stdout"]["@parameters"],
        **MATMUL["stdout"]["@result"],
    }


def test_a_convolution_and_a_pybench_are_rows_of_their_own_tables(
    sessions: sessionmaker[Session], engine: Engine, run_id: int
) -> None:
    taken = {"elapsed": 1.5, "rate": 2.5}
    second = {"input_height": 32, "filter_height": 3}
    averages = {name: 0.5 for name in PiPyBench.attribute_names() if name.endswith("_average")}
    store(sessions, run_id, report("PiConv1D", CONVOLUTION, taken))
    store(sessions, run_id, report("PiConv2D", {**CONVOLUTION, **second}, taken))
    store(sessions, run_id, report("PiPyBench", {"rounds": 10}, averages))
    for table in ("pi_conv1d", "pi_conv2d", "pi_pybench"):
        assert count(engine, table) == 1
    assert count(engine, "pi_matmul") == 0


@pytest.mark.parametrize(("padding", "stored"), [("VALID", "VALID"), (0, "0"), (1.5, "1.5")])
def test_padding_is_a_word_or_a_number(
    sessions: sessionmaker[Session], run_id: int, padding: object, stored: str
) -> None:
    told = report("PiConv1D", {**CONVOLUTION, "padding": padding}, {"elapsed": 1.5, "rate": 2.5})
    assert store(sessions, run_id, told)["padding"] == stored


def test_what_may_be_missing_is_null_and_a_framework_is_a_component(
    sessions: sessionmaker[Session], run_id: int
) -> None:
    told = matmul()
    stdout = {name: value for name, value in told["stdout"].items() if name not in ("component", "overall_score")}
    bare = {"stdout": {**stdout, "version": "1.2"}}
    row = store(sessions, run_id, bare)
    assert (row["version"], row["component"], row["overall_score"], row["exit_code"]) == ("1.2", None, None, None)
    assert [row[name] for name in SHARED_COLUMNS if name.startswith("ru_")] == [None] * 16
    row = store(sessions, run_id, {"stdout": {**bare["stdout"], "framework": "pytorch", "version": 2}, "usage": None})
    assert (row["version"], row["component"]) == ("2", "pytorch")


def test_a_report_of_the_same_run_overwrites_and_what_it_leaves_out_stays(
    sessions: sessionmaker[Session], engine: Engine, run_id: int
) -> None:
    store(sessions, run_id, MATMUL)
    before = rows_of(engine, "SELECT * FROM pi_matmul"), sequences(engine)
    store(sessions, run_id, MATMUL)
    assert (rows_of(engine, "SELECT * FROM pi_matmul"), sequences(engine)) == before
    again = matmul(matrix_size=1024)
    del again["usage"]
    row = store(sessions, run_id, again)
    assert (row["matrix_size"], row["ru_utime"]) == (1024, 41.5)
    assert rows_of(engine, "SELECT matrix_size, ru_utime FROM pi_matmul") == [(1024, 41.5)]
    assert sequences(engine) == before[1]


def test_the_row_that_a_session_knows_already_is_overwritten(sessions: sessionmaker[Session], run_id: int) -> None:
    with sessions.begin() as session:
        first = PiMatmul.create_from_report(session, SPECIFICATION, MATMUL, run_id)
        second = PiMatmul.create_from_report(session, SPECIFICATION, matmul(matrix_size=7), run_id)
        assert second is first and isinstance(second, PiMatmul)
        assert second.matrix_size == 7


def test_reports_of_one_run_at_the_same_time_make_one_row(
    sessions: sessionmaker[Session], engine: Engine, run_id: int
) -> None:
    together = Barrier(6)

    def write(size: int) -> Report:
        together.wait(10)
        return store(sessions, run_id, matmul(matrix_size=size))

    with ThreadPoolExecutor(6) as pool:
        sizes = [row["matrix_size"] for row in pool.map(write, range(1, 7))]
    assert sizes == [1, 2, 3, 4, 5, 6]
    assert count(engine, "pi_matmul") == 1


def test_who_reports_second_waits_and_overwrites(sessions: sessionmaker[Session], engine: Engine, run_id: int) -> None:
    with sessions() as first:
        PiMatmul.create_from_report(first, SPECIFICATION, matmul(matrix_size=1), run_id)
        doing = Doing(lambda: store(sessions, run_id, matmul(matrix_size=2)))
        wait_for(lambda: bool(waiting_pids(engine)), "the second waits for the first")
        first.commit()
    doing.result()
    assert rows_of(engine, "SELECT matrix_size FROM pi_matmul") == [(2,)]


def test_who_reports_again_looks_at_the_row_as_the_other_one_leaves_it(
    sessions: sessionmaker[Session], engine: Engine, run_id: int
) -> None:
    store(sessions, run_id, matmul(matrix_size=1))
    with sessions() as other:
        PiMatmul.create_from_report(other, SPECIFICATION, matmul(matrix_size=2), run_id)
        doing = Doing(lambda: store(sessions, run_id, matmul(matrix_size=1)))
        wait_for(lambda: bool(waiting_pids(engine)), "the second waits for the first")
        other.commit()
    doing.result()
    assert rows_of(engine, "SELECT matrix_size FROM pi_matmul") == [(1,)]


def test_a_row_goes_away_with_its_run(sessions: sessionmaker[Session], engine: Engine, run_id: int) -> None:
    store(sessions, run_id, MATMUL)
    run(engine, "DELETE FROM inspection_run")
    assert count(engine, "pi_matmul") == 0


def test_a_run_that_is_not_there_is_an_error_and_the_transaction_goes_on(
    sessions: sessionmaker[Session], engine: Engine, run_id: int
) -> None:
    with sessions.begin() as session:
        PiMatmul.create_from_report(session, SPECIFICATION, MATMUL, run_id)
        with pytest.raises(IntegrityError, match="pi_matmul_inspection_run_id_fkey"):
            PiMatmul.create_from_report(session, SPECIFICATION, MATMUL, run_id + 1)
    assert count(engine, "pi_matmul") == 1


def test_a_report_is_read_without_a_database() -> None:
    row = PiMatmul.from_report(MATMUL, partial(PiMatmul, origin="here"))
    assert (row.origin, row.device, row.reps, row.rate, row.id) == ("here", "cpu", 20000, 0.0096, None)
    assert PiMatmul.from_report(MATMUL, dict) == {**MATMUL["stdout"]["@parameters"], **MATMUL["stdout"]["@result"]}


def test_a_refused_report_leaves_the_row_and_the_transaction_alone(
    sessions: sessionmaker[Session], engine: Engine, run_id: int
) -> None:
    with sessions.begin() as session:
        PiMatmul.create_from_report(session, SPECIFICATION, MATMUL, run_id)
        with pytest.raises(PerformanceIndicatorReportError):
            PiMatmul.create_from_report(session, SPECIFICATION, matmul(reps="many"), run_id)
    assert rows_of(engine, "SELECT reps FROM pi_matmul") == [(20000,)]
