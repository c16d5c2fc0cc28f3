"""Performance indicators: what a script that an inspection ran measured. One table for each kind of script.

A new indicator is a class like those below, here or in a module of your own: see docs/performance_indicators.rst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import CheckConstraint, Column, Float, FromClause, Integer, String, Text, select  # noqa: F401 (String)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, MappedColumn, Session, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from ..exceptions import (
    PerformanceIndicatorDefinitionError,
    PerformanceIndicatorNotRegisteredError,
    PerformanceIndicatorReportError,
)
from .models_base import Base, BaseExtension, SurrogateId, reference, table_of
from .performance_reports import SHARED_COLUMNS, read_measurements, read_name, read_shared

__all__ = [
    "ALL_PERFORMANCE_MODELS",
    "PERFORMANCE_MODELS_ML_FRAMEWORKS",
    "PERFORMANCE_MODEL_BY_NAME",
    "PerformanceIndicatorBase",
    "PiConv1D",
    "PiConv2D",
    "PiMatmul",
    "PiPyBench",
]

T = TypeVar("T")

Model = type["PerformanceIndicatorBase"]

_registered: dict[str, Model] = {}

# --- What all indicators share ---------------------------------------------------------------------------------------


def _shared(*parts: SchemaItem, **options: Any) -> MappedColumn[Any]:
    """A column that stands before those of the indicator."""
    return mapped_column(*parts, sort_order=-1, **options)


class PerformanceIndicatorBase:
    """The columns every indicator has, and how a report becomes a row. A mixin: its subclass is mapped by Base.

    A subclass is called Pi..., which names its table (PiMatmul: pi_matmul), and adds a column for each parameter and
    each result that its script reports. It is registered as soon as it is defined.
    """

    measures_ml_framework: ClassVar[bool] = False
    """Whether the component that is measured is a framework of machine learning."""

    id: Mapped[SurrogateId] = _shared()
    inspection_run_id: Mapped[int] = _shared(
        reference("inspection_run.id"), unique=True, comment="one run has one output of its script"
    )
    component: Mapped[str | None] = _shared(
        index=True, info={"longest": 256}, comment="what is measured, such as tensorflow"
    )
    origin: Mapped[str] = _shared(comment="where the script comes from")
    version: Mapped[str] = _shared(info={"numbers": True}, comment="of the script; its sha256 where it states none")
    overall_score: Mapped[float | None] = _shared()
    exit_code: Mapped[int | None] = _shared(comment="of the script")
    ru_utime: Mapped[float | None] = _shared(comment="seconds of processor time in user mode; see getrusage(2)")
    ru_stime: Mapped[float | None] = _shared(comment="seconds of processor time in the kernel")
    ru_maxrss: Mapped[int | None] = _shared(comment="KiB of memory, at its peak")
    ru_ixrss: Mapped[int | None] = _shared(comment="size of shared memory; Linux says 0")
    ru_idrss: Mapped[int | None] = _shared(comment="size of unshared data; Linux says 0")
    ru_isrss: Mapped[int | None] = _shared(comment="size of unshared stack; Linux says 0")
    ru_minflt: Mapped[int | None] = _shared(comment="page faults without input or output")
    ru_majflt: Mapped[int | None] = _shared(comment="page faults that needed input or output")
    ru_nswap: Mapped[int | None] = _shared(comment="swaps; Linux says 0")
    ru_inblock: Mapped[int | None] = _shared(comment="times the file system read")
    ru_oublock: Mapped[int | None] = _shared(comment="times the file system wrote")
    ru_msgsnd: Mapped[int | None] = _shared(comment="messages sent; Linux says 0")
    ru_msgrcv: Mapped[int | None] = _shared(comment="messages received; Linux says 0")
    ru_nsignals: Mapped[int | None] = _shared(comment="signals received; Linux says 0")
    ru_nvcsw: Mapped[int | None] = _shared(comment="context switches because it waited")
    ru_nivcsw: Mapped[int | None] = _shared(comment="context switches because its time was over")

    if TYPE_CHECKING:
        __table__: ClassVar[FromClause]

        def __init__(self, **kwargs: Any) -> None:
            """Base makes rows from the values of their columns."""

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str:
        """pi_ and the rest of the class's name in lower case."""
        return _table_name(cls)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class once it is mapped; mixins are not."""
        super().__init_subclass__(**kwargs)
        if "__table__" in vars(cls):
            _table_name(cls)  # once more, for a class that names its table itself
            _registered[cls.__name__] = cls

    @classmethod
    def from_report(cls, inspection_result: Mapping[str, Any], partial_model: Callable[..., T]) -> T:
        """What the partial model makes of the report's parameters and results, given as keyword arguments.

        Asks no database. A subclass may extend it, for scripts whose keys are not its columns. Raises
        PerformanceIndicatorReportError, which names everything that is not as the columns say.
        """
        return partial_model(**read_measurements(cls.__name__, table_of(cls), inspection_result))

    @classmethod
    def create_from_report(
        cls,
        session: Session,
        inspection_specification: Mapping[str, Any],
        inspection_result: Mapping[str, Any],
        inspection_run_id: int,
    ) -> PerformanceIndicatorBase:
        """The row of what an inspection's script reported, written in the session; nothing is committed.

        On PerformanceIndicatorBase, the indicator is the one that the report names. A run has one row: a report that
        is written again overwrites it, and what it leaves out stays.

        Raises PerformanceIndicatorNotRegisteredError for a name that is no indicator's, and
        PerformanceIndicatorReportError for a report of another indicator or one that does not fit the table.
        """
        model = _reported_model(cls, inspection_result)
        shared = read_shared(model.__name__, table_of(model), inspection_specification, inspection_result)
        row = model.from_report(inspection_result, partial(model, inspection_run_id=inspection_run_id, **shared))
        return _write(session, row)


def _table_name(model: Model) -> str:
    """The name of the table that a class is about to be mapped to; everything wrong with the class is said here."""
    name, table = model.__name__, f"pi_{model.__name__[2:].lower()}"
    if _registered.get(name) is model:
        return table
    own = vars(model).get("__annotations__", {})
    if not name.startswith("Pi") or len(name) == 2:
        raise PerformanceIndicatorDefinitionError(f"the performance indicator {name} must be called Pi<something>")
    if reserved := [one for one in SHARED_COLUMNS if one in own or isinstance(vars(model).get(one), Column)]:
        raise PerformanceIndicatorDefinitionError(
            f"{name} has columns of its own called {', '.join(reserved)}, which every indicator has already"
        )
    if parents := [base.__name__ for base in model.__mro__[1:] if base in _registered.values()]:
        raise PerformanceIndicatorDefinitionError(f"{name} cannot extend the performance indicator {parents[0]}")
    for other in _registered.values():
        if table == table_of(other).name:
            place = f"{other.__module__}.{other.__qualname__}"
            raise PerformanceIndicatorDefinitionError(f"{model.__module__}.{name}: table {table} belongs to {place}")
    return table


def _reported_model(model: Model, inspection_result: Mapping[str, Any]) -> Model:
    name = read_name(inspection_result)
    if not hasattr(model, "__table__"):
        if name not in _registered:
            raise PerformanceIndicatorNotRegisteredError(
                f"{name!r} is no performance indicator; registered are {', '.join(sorted(_registered))}"
            )
        return _registered[name]
    if name != model.__name__:
        raise PerformanceIndicatorReportError(model.__name__, [f"stdout.name: it is a report of {name!r}"])
    return model


def _write(session: Session, row: PerformanceIndicatorBase) -> PerformanceIndicatorBase:
    model, columns = type(row), table_of(type(row)).columns.keys()
    given = {name: value for name in columns if (value := getattr(row, name)) is not None}
    same_run = select(model).where(model.inspection_run_id == row.inspection_run_id)
    # With its own statement rather than by the conflict of an insert, which would use up an id.
    there = session.scalars(same_run.with_for_update(), execution_options=_AS_IT_IS_NOW).one_or_none()
    with session.begin_nested():
        if there is None:
            made = insert(model).values(given).on_conflict_do_update(index_elements=["inspection_run_id"], set_=given)
            return session.scalars(made.returning(model), execution_options=_AS_IT_IS_NOW).one()
        for name, value in given.items():
            setattr(there, name, value)
    return there


_AS_IT_IS_NOW = {"populate_existing": True}


class _Models(Set[Model]):
    """The indicators that are registered, in the order of their definition; those defined later join them."""

    def __init__(self, belongs: Callable[[Model], bool]) -> None:
        self._belongs = belongs

    @classmethod
    def _from_iterable(cls, models: Iterable[Any]) -> frozenset[Any]:
        return frozenset(models)

    def __contains__(self, model: object) -> bool:
        return any(model is one for one in self)

    def __iter__(self) -> Iterator[Model]:
        return iter([model for model in tuple(_registered.values()) if self._belongs(model)])

    def __len__(self) -> int:
        return sum(1 for _ in self)


PERFORMANCE_MODEL_BY_NAME: Mapping[str, Model] = MappingProxyType(_registered)
"""{name of the class: class} of every indicator, those defined later included."""

ALL_PERFORMANCE_MODELS: Set[Model] = _Models(lambda model: True)
"""Every indicator, in the order of definition, those defined later included."""

PERFORMANCE_MODELS_ML_FRAMEWORKS: Set[Model] = _Models(lambda model: model.measures_ml_framework)
"""The indicators that measure frameworks of machine learning: measures_ml_framework says which."""

# --- The indicators --------------------------------------------------------------------------------------------------

_POSITIVE = {"smallest": 1}


def _positive(*columns: str) -> tuple[CheckConstraint, ...]:
    return tuple(CheckConstraint(f"{column} > 0", name=column) for column in columns)


class PiMatmul(Base, BaseExtension, PerformanceIndicatorBase):
    """A row is how fast a framework multiplied matrices."""

    __table_args__ = _positive("matrix_size", "reps")
    measures_ml_framework = True

    device = Column(Text, nullable=False, comment="what it ran on, such as cpu")
    matrix_size = Column(Integer, nullable=False, info=_POSITIVE)
    dtype = Column(Text, nullable=False, comment="type of the numbers, such as float32")
    reps = Column(Integer, nullable=False, info=_POSITIVE, comment="repetitions")
    elapsed = Column(Float, nullable=False, comment="in the unit of the script")
    rate = Column(Float, nullable=False, comment="in the unit of the script")


class PiConv1D(Base, BaseExtension, PerformanceIndicatorBase):
    """A row is how fast a framework computed convolutions in one dimension."""

    __table_args__ = _positive("reps", "batch", "input_width", "input_channels", "filter_width", "output_channels")
    measures_ml_framework = True

    device = Column(Text, nullable=False, comment="what it ran on, such as cpu")
    dtype = Column(Text, nullable=False, comment="type of the numbers, such as float32")
    reps = Column(Integer, nullable=False, info=_POSITIVE, comment="repetitions")
    data_format = Column(Text, nullable=False, comment="order of the dimensions")
    batch = Column(Integer, nullable=False, info=_POSITIVE)
    input_width = Column(Integer, nullable=False, info=_POSITIVE)
    input_channels = Column(Integer, nullable=False, info=_POSITIVE)
    filter_width = Column(Integer, nullable=False, info=_POSITIVE)
    output_channels = Column(Integer, nullable=False, info=_POSITIVE)
    strides = Column(Integer, nullable=False)
    padding = Column(Text, nullable=False, info={"numbers": True}, comment="a word such as SAME, or a number")
    elapsed = Column(Float, nullable=False, comment="in the unit of the script")
    rate = Column(Float, nullable=False, comment="in the unit of the script")


class PiConv2D(Base, BaseExtension, PerformanceIndicatorBase):
    """A row is how fast a framework computed convolutions in two dimensions."""

    __table_args__ = _positive(
        "reps",
        "batch",
        "input_height",
        "input_width",
        "input_channels",
        "filter_height",
        "filter_width",
        "output_channels",
    )
    measures_ml_framework = True

    device = Column(Text, nullable=False, comment="what it ran on, such as cpu")
    dtype = Column(Text, nullable=False, comment="type of the numbers, such as float32")
    reps = Column(Integer, nullable=False, info=_POSITIVE, comment="repetitions")
    data_format = Column(Text, nullable=False, comment="order of the dimensions")
    batch = Column(Integer, nullable=False, info=_POSITIVE)
    input_height = Column(Integer, nullable=False, info=_POSITIVE)
    input_width = Column(Integer, nullable=False, info=_POSITIVE)
    input_channels = Column(Integer, nullable=False, info=_POSITIVE)
    filter_height = Column(Integer, nullable=False, info=_POSITIVE)
    filter_width = Column(Integer, nullable=False, info=_POSITIVE)
    output_channels = Column(Integer, nullable=False, info=_POSITIVE)
    strides = Column(Integer, nullable=False)
    padding = Column(Text, nullable=False, info={"numbers": True}, comment="a word such as SAME, or a number")
    elapsed = Column(Float, nullable=False, comment="in the unit of the script")
    rate = Column(Float, nullable=False, comment="in the unit of the script")


class PiPyBench(Base, BaseExtension, PerformanceIndicatorBase):
    """A row is how fast a Python interpreter was at PyBench: the average of each benchmark's rounds, and of all."""

    __table_args__ = _positive("rounds")

    rounds = Column(Integer, nullable=False, info=_POSITIVE)
    built_in_function_calls_average = Column(Float, nullable=False)
    built_in_method_lookup_average = Column(Float, nullable=False)
    compare_floats_average = Column(Float, nullable=False)
    compare_floats_integers_average = Column(Float, nullable=False)
    compare_integers_average = Column(Float, nullable=False)
    compare_interned_strings_average = Column(Float, nullable=False)
    compare_longs_average = Column(Float, nullable=False)
    compare_strings_average = Column(Float, nullable=False)
    compare_unicode_average = Column(Float, nullable=False)
    concat_strings_average = Column(Float, nullable=False)
    concat_unicode_average = Column(Float, nullable=False)
    create_instances_average = Column(Float, nullable=False)
    create_new_instances_average = Column(Float, nullable=False)
    create_strings_with_concat_average = Column(Float, nullable=False)
    create_unicode_with_concat_average = Column(Float, nullable=False)
    dict_creation_average = Column(Float, nullable=False)
    dict_with_float_keys_average = Column(Float, nullable=False)
    dict_with_integer_keys_average = Column(Float, nullable=False)
    dict_with_string_keys_average = Column(Float, nullable=False)
    for_loops_average = Column(Float, nullable=False)
    if_then_else_average = Column(Float, nullable=False)
    list_slicing_average = Column(Float, nullable=False)
    nested_for_loops_average = Column(Float, nullable=False)
    normal_class_attribute_average = Column(Float, nullable=False)
    normal_instance_attribute_average = Column(Float, nullable=False)
    python_function_calls_average = Column(Float, nullable=False)
    python_method_calls_average = Column(Float, nullable=False)
    recursion_average = Column(Float, nullable=False)
    second_import_average = Column(Float, nullable=False)
    second_package_import_average = Column(Float, nullable=False)
    second_submodule_import_average = Column(Float, nullable=False)
    simple_complex_arithmetic_average = Column(Float, nullable=False)
    simple_dict_manipulation_average = Column(Float, nullable=False)
    simple_float_arithmetic_average = Column(Float, nullable=False)
    simple_int_float_arithmetic_average = Column(Float, nullable=False)
    simple_integer_arithmetic_average = Column(Float, nullable=False)
    simple_list_manipulation_average = Column(Float, nullable=False)
    simple_long_arithmetic_average = Column(Float, nullable=False)
    small_lists_average = Column(Float, nullable=False)
    small_tuples_average = Column(Float, nullable=False)
    special_class_attribute_average = Column(Float, nullable=False)
    special_instance_attribute_average = Column(Float, nullable=False)
    string_mappings_average = Column(Float, nullable=False)
    string_predicates_average = Column(Float, nullable=False)
    string_slicing_average = Column(Float, nullable=False)
    try_except_average = Column(Float, nullable=False)
    try_raise_except_average = Column(Float, nullable=False)
    tuple_slicing_average = Column(Float, nullable=False)
    unicode_mappings_average = Column(Float, nullable=False)
    unicode_predicates_average = Column(Float, nullable=False)
    unicode_properties_average = Column(Float, nullable=False)
    unicode_slicing_average = Column(Float, nullable=False)
    totals_average = Column(Float, nullable=False)
