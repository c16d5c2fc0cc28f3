"""Packages as they are written on the command line."""

from __future__ import annotations

import click
import pytest
from support.commands import run_command

from thoth.storages.cli.dependents import dependents
from thoth.storages.cli.package_argument import Asked, package
from thoth.storages.cli.tree import tree

PARAMETER = click.Argument(["package"])


def asked(text: str) -> Asked:
    return package(click.Context(tree), PARAMETER, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Flask", Asked("flask")),
        ("zope.interface==5.0", Asked("zope-interface", "5.0")),
        (" flask == 3.0.3 ", Asked("flask", "3.0.3")),
        ("flask===3.0.3-RC1", Asked("flask", "3.0.3rc1")),
        ("flask[Async, dot_env]==3.0.3", Asked("flask", "3.0.3", frozenset({"async", "dot-env"}))),
        ("flask[async]", Asked("flask", None, frozenset({"async"}))),
        ("flask[]", Asked("flask")),
    ],
)
def test_a_package_is_read_in_any_spelling(text: str, expected: Asked) -> None:
    assert asked(text) == expected
    assert asked(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "flask=3", "flask==", "flask==3.*", "flask>=2", "flask==1,==2", "flask[", "flask[a", "flask]a["),
        *("-flask", "flask[a,,b]", "flask[a][b]", "flask @ https://x", 'flask; os_name == "nt"', "flask\udcff"),
        "flask==1\udcff",
    ],
)
@pytest.mark.parametrize("command", ["tree", "show", "dependents"])
def test_anything_else_is_wrong_usage_that_says_what_is_expected(text: str, command: str) -> None:
    from thoth.storages.cli import cli

    done = run_command(cli, command, "--", text)
    assert done.exit_code == 2
    assert "expected a package such as flask, flask==3.0.3 or flask[async]==3.0.3" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--python", " "], "expected a text that is not empty"),
        (["--os", "rhel\udcff"], "must be a text that a database can hold"),
        (["--extras", "a,,b"], "expected extras such as async,dotenv, not 'a,,b'"),
        (["--depth", "-1"], "-1"),
        (["-o", "tree.gif"], "expected a name that ends with .svg, .png, .dot"),
    ],
)
def test_options_that_cannot_be_are_wrong_usage(options: list[str], message: str) -> None:
    done = run_command(tree, "flask", *options)
    assert done.exit_code == 2 and message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["click==8", "--version", "8.1"], "two versions are named: click==8 and --version 8.1"),
        (["click", "--version", ">=8"], "--version: expected one version, such as 8.1.7, not '>=8'"),
        (["click[x]"], "expected a package without extras, not click[x]"),
    ],
)
def test_dependents_are_of_one_version_and_of_no_extra(arguments: list[str], message: str) -> None:
    done = run_command(dependents, *arguments)
    assert done.exit_code == 2 and message in done.stderr
