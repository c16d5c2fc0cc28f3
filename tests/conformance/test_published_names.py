"""Every name that a published release had is here, and takes what callers wrote for it then."""

from __future__ import annotations

import ast
import inspect
import json
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

import pytest

from thoth.storages.graph import GraphDatabase

PUBLISHED: dict[str, dict[str, str | None]] = json.loads((Path(__file__).parent / "published.json").read_text())
SIGNATURES = [
    pytest.param(name, signature, id=f"{name}-{release}")
    for name, signatures in PUBLISHED.items()
    for release, signature in signatures.items()
    if signature is not None
]


def published(signature: str) -> Signature:
    """What a published signature says, without its annotations."""
    function = ast.parse(f"def published{signature}: ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    arguments, parameters = function.args, []
    required = len(arguments.args) - len(arguments.defaults)
    for argument, default in zip(arguments.args, [None] * required + arguments.defaults, strict=True):
        parameters.append(_parameter(argument, Parameter.POSITIONAL_OR_KEYWORD, default))
    if arguments.vararg:
        parameters.append(_parameter(arguments.vararg, Parameter.VAR_POSITIONAL, None))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters.append(_parameter(argument, Parameter.KEYWORD_ONLY, default))
    return Signature(parameters)


def _parameter(argument: ast.arg, kind: Any, default: ast.expr | None) -> Parameter:
    if default is None:
        value = Parameter.empty
    elif isinstance(default, ast.Name):
        value = getattr(GraphDatabase, default.id)  # DEFAULT_COUNT
    else:
        value = ast.literal_eval(default)
    return Parameter(argument.arg, kind, default=value)


def ours(name: str) -> Signature:
    """The signature of a method of ours, without self; of a property: no parameters."""
    found = inspect.getattr_static(GraphDatabase, name)
    if isinstance(found, property):
        return Signature()
    signature = inspect.signature(getattr(GraphDatabase, name))
    return signature.replace(parameters=[each for each in signature.parameters.values() if each.name != "self"])


def faults(then: Signature, now: Signature) -> list[str]:
    """What a caller who knows the published signature may write, and now may not; empty where nothing is wrong."""
    found = [
        f"{each.name} is not a parameter" for each in then.parameters.values() if each.name not in now.parameters
    ] or [fault for each in then.parameters.values() for fault in _faults_of_parameter(each, now)]
    found += [
        f"{each.name} is new and required"
        for each in now.parameters.values()
        if each.name not in then.parameters and each.default is Parameter.empty and each.kind not in _REST
    ]
    return found + ([] if found else _faults_of_order(then, now))


_REST = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def _faults_of_parameter(then: Parameter, now: Signature) -> list[str]:
    our, found = now.parameters[then.name], []
    if (our.kind is Parameter.VAR_POSITIONAL) is not (then.kind is Parameter.VAR_POSITIONAL):
        found.append(f"{then.name} is {our.kind.description}")
    if our.kind is Parameter.POSITIONAL_ONLY:
        found.append(f"{then.name} cannot be given by name")
    if then.default is Parameter.empty:
        return found
    if (our.default, type(our.default)) != (then.default, type(then.default)):
        found.append(f"the default of {then.name} is {our.default!r}, not {then.default!r}")
    return found


def _faults_of_order(then: Signature, now: Signature) -> list[str]:
    def positional(signature: Signature) -> list[str]:
        return [each.name for each in signature.parameters.values() if each.kind is Parameter.POSITIONAL_OR_KEYWORD]

    expected = positional(then)
    found = positional(now)[: len(expected)]
    return [] if found == expected else [f"positional arguments are {found}, not {expected}"]


@pytest.mark.parametrize(("name", "signature"), SIGNATURES)
def test_a_published_name_takes_what_it_took(name: str, signature: str) -> None:
    assert not faults(published(signature), ours(name))


def test_every_published_name_is_here() -> None:
    assert [name for name in PUBLISHED if not hasattr(GraphDatabase, name)] == []


@pytest.mark.parametrize(
    ("then", "now", "fault"),
    [
        ("(a, b)", "(b, a)", "positional arguments"),
        ("(a, b=None)", "(a, *, b=None)", "positional arguments"),
        ("(a, b=None)", "(a, b)", "the default of b"),
        ("(a, *, b=True)", "(a, *, b=1)", "the default of b"),
        ("(a)", "(a, b)", "b is new and required"),
        ("(a, b)", "(a)", "b is not a parameter"),
        ("(*a)", "(a)", "a is positional or keyword"),
        ("(*, count=DEFAULT_COUNT)", "(*, count=10)", "the default of count"),
    ],
)
def test_what_a_caller_can_no_longer_write_is_found(then: str, now: str, fault: str) -> None:
    (found,) = faults(published(then), published(now))
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("then", "now"),
    [("(a, *, b=None)", "(a, b=None, c=None)"), ("(*a, b: str = None) -> Dict[str, int]", "(*a, b=None)")],
)
def test_what_a_caller_may_still_write_is_no_fault(then: str, now: str) -> None:
    assert not faults(published(then), published(now))
