"""What a package depends on, level by level, and the tree of it in text."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from io import StringIO

import click
import pytest
from support.documents import MIRROR, PYPI

from thoth.storages.cli.dependency_sources import Edge, Needed, PackageTuple, PackageVersion
from thoth.storages.cli.dependency_walk import Dependencies, Wanted, picture_of, walk
from thoth.storages.cli.package_pictures import dot_of
from thoth.storages.cli.tree_text import tree_lines

ROOT = ("a", "1", PYPI)


class Told:
    """A source that says what it was told: {package: needs}, each name==version, name==version[extra]."""

    def __init__(self, **needs: str) -> None:
        self.needs = {name: text.split() for name, text in needs.items()}
        self.asked: list[list[PackageTuple]] = []
        self.mirrored: set[str] = set()
        self.broken: set[str] = set()
        self.unsolved: set[PackageVersion] = set()

    def needed_by(
        self, packages: Iterable[PackageTuple], extras: Collection[str | None] | None, holds: bool | None
    ) -> dict[PackageTuple, Needed]:
        self.asked.append(list(packages))
        return {package: self._needed(package, extras) for package in self.asked[-1]}

    def _needed(self, package: PackageTuple, extras: Collection[str | None] | None) -> Needed:
        found: Needed = {}
        for one in self.needs[package[0]]:
            pin, _, extra = one.removesuffix("]").partition("[")
            name, _, version = pin.partition("==")
            if extras is None or (extra or None) in extras:
                found.setdefault(extra or None, []).append((name, version or "1"))
        return found

    def places_of(self, versions: Iterable[PackageVersion]) -> dict[PackageVersion, list[str | None]]:
        found: dict[PackageVersion, list[str | None]] = {}
        for name, version in versions:
            is_solved = name in self.needs and (name, version) not in self.unsolved
            found[name, version] = [PYPI, *([MIRROR] if name in self.mirrored else [])] if is_solved else []
        return found

    def failed(self, packages: Iterable[PackageTuple]) -> set[PackageTuple]:
        return {package for package in packages if package[0] in self.broken}

    def markers(self, edges: Iterable[Edge]) -> dict[Edge, str | None]:
        return dict.fromkeys(edges, 'os_name == "nt"')


def text(found: Dependencies) -> list[str]:
    return [click.unstyle(line) for line in tree_lines(found)]


def tree(source: Told, **wanted: object) -> list[str]:
    return text(walk(source, [ROOT], Wanted(**wanted)))  # type: ignore[arg-type]


def test_a_tree_has_a_line_for_each_requirement() -> None:
    assert tree(Told(a="b c", b="d", c="", d="")) == [
        f"a 1 {PYPI}",
        "├── b 1",
        "│   └── d 1",
        "└── c 1",
    ]


def test_a_subtree_that_stands_again_is_marked_and_what_needs_nothing_is_not() -> None:
    assert tree(Told(a="b c", b="c", c="d", d=""))[1:] == [
        "├── b 1",
        "│   └── c 1",
        "│       └── d 1",
        "└── c 1 (...)",
    ]
    assert tree(Told(a="b c", b="c", c=""))[1:] == ["├── b 1", "│   └── c 1", "└── c 1"]


def test_cycles_end() -> None:
    source = Told(a="b", b="a c", c="c")
    assert tree(source)[1:] == ["└── b 1", f"    ├── a 1 {PYPI} (...)", "    └── c 1", "        └── c 1 (...)"]
    assert source.asked == [[ROOT], [("b", "1", PYPI)], [("c", "1", PYPI)]]


def test_a_chain_longer_than_the_stack_of_python_is_drawn() -> None:
    length = 3 * sys.getrecursionlimit()
    names = [f"p{number}" for number in range(length)]
    source = Told(a="p0", **{name: f"p{number + 1}" for number, name in enumerate(names[:-1])}, **{names[-1]: ""})
    assert len(tree(source)) == length + 1


def test_what_was_not_solved_and_what_failed_is_marked() -> None:
    source = Told(a="b c", c="")
    source.broken = {"c", "a"}
    assert tree(source) == [f"a 1 {PYPI} solver error", "├── b 1 not solved", "└── c 1 solver error"]


def test_the_newest_version_that_was_solved_is_followed_and_the_others_are_counted() -> None:
    source = Told(a="b==1 b==2 b==3rc1 b==4 c==1 c==2", b="")
    source.unsolved = {("b", "4")}
    assert tree(source)[1:] == ["├── b 2 (or 3 other versions)", "└── c 2 not solved (or 1 other version)"]
    assert tree(source, everything=True)[1:] == [
        f'{guide} {package} ; os_name == "nt"'
        for guide, package in (
            *(("├──", f"b {version}") for version in ("1", "2", "3rc1")),
            ("├──", "b 4 not solved"),
            ("├──", "c 1 not solved"),
            ("└──", "c 2 not solved"),
        )
    ]


def test_a_prerelease_is_followed_where_there_is_nothing_else() -> None:
    assert tree(Told(a="b==1rc1 b==1rc2", b=""))[1:] == ["└── b 1rc2 (or 1 other version)"]


def test_extras_are_those_of_the_package_itself() -> None:
    source = Told(a="b b==2[x] c[y]", b="c[x] d", c="", d="")
    assert tree(source, extras=frozenset({"x"}))[1:] == ["├── b 1", "│   └── d 1", "└── b 2 for extra x", "    └── d 1"]
    assert "    └── c 1 for extra y" not in tree(source)


def test_what_is_deeper_is_cut_off_and_shown_where_it_is_not_as_deep() -> None:
    source = Told(a="b c", b="c", c="d", d="e", e="")
    assert tree(source, depth=0) == [f"a 1 {PYPI}"]
    assert tree(source, depth=1)[1:] == ["├── b 1", "└── c 1"]
    assert tree(source, depth=3)[1:] == [
        "├── b 1",
        "│   └── c 1",
        "│       └── d 1",
        "└── c 1",
        "    └── d 1",
        "        └── e 1",
    ]
    source.asked.clear()
    tree(source, depth=2)
    assert len(source.asked) == 2, "one for each level that is shown"


def test_a_package_on_several_indexes_stands_on_each() -> None:
    source = Told(a="b", b="")
    source.mirrored = {"b"}
    assert tree(source)[1:] == ["├── b 1", f"└── b 1 {MIRROR}"]
    dot = dot_of(picture_of(walk(source, [ROOT], Wanted())))
    assert f'"a 1 {PYPI}" -> "b 1 {MIRROR}"' in dot


def test_a_terminal_without_such_letters_gets_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ascii(StringIO):
        encoding = "ascii"

    monkeypatch.setattr(sys, "stdout", Ascii())
    lines = tree(Told(a="b c", b="d", c="", d=""))
    assert lines == [f"a 1 {PYPI}", "|-- b 1", "|   `-- d 1", "`-- c 1"]


def test_nothing_that_a_package_says_moves_the_cursor_or_leaves_its_string() -> None:
    name = 'b\x1bc"\\'
    found = walk(Told(a=name), [ROOT], Wanted())
    assert text(found)[1] == '└── b\\x1bc"\\ 1 not solved'
    dot = dot_of(picture_of(found))
    assert '"b\\\\x1bc\\"\\\\ 1" [label=' in dot and "\x1b" not in dot


def test_a_password_of_an_index_is_in_neither_text_nor_picture() -> None:
    secret = ("a", "1", "https://me:secret@mirror.example/simple")
    found = walk(Told(a="b", b=""), [secret], Wanted())
    shown = [*text(found), dot_of(picture_of(found))]
    assert "mirror.example" in shown[0] and "secret" not in "".join(shown)
