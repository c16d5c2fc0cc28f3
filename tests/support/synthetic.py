"""Solver documents and image analyses that nobody wrote: as large as wanted, and as like each other as those of PyPI.

What a document says is drawn from a seed. Lengths and numbers are those of real documents (a description of 2,800
characters, 12 of 55 classifiers, 60 files); packages, classifiers, licences and the packages of operating systems are
shared between documents, and a few of them by nearly all.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from support.analyses import real_analysis
from support.documents import Document, edge, real_document

_BEGIN = datetime(2026, 11, 23, 12)
_VERSIONS_OF_A_PACKAGE = 5
"""That documents are about: versions of one package share most of what their metadata says."""

_SYLLABLES = (
    "al",
    "be",
    "ca",
    "do",
    "en",
    "fi",
    "go",
    "hy",
    "ka",
    "lo",
    "mi",
    "no",
    "or",
    "py",
    "sol",
    "ta",
    "un",
    "vi",
)
_LICENSES = (
    ("MIT License", "MIT"),
    ("Apache License 2.0", "Apache-2.0"),
    ('BSD 3-Clause "New" or "Revised" License', "BSD-3-Clause"),
    ("Mozilla Public License 2.0", "MPL-2.0"),
    ("UNDETECTED", "UNDETECTED"),
)
_MARKERS = (None, None, None, 'python_version < "3.12"', 'sys_platform == "linux"', 'os_name == "posix"')
_LIBRARIES = ("libc.so.6", "libm.so.6", "libstdc++.so.6", "libcrypto.so.3", "libssl.so.3", "libz.so.1", "libgcc_s.so.1")


def solver_documents(number: int, edges: int, *, seed: int = 0) -> list[Document]:
    """So many documents, each about a version of its own that has so many edges."""
    return [_solver_document(index, edges, f"{seed}/{edges}/{index}") for index in range(number)]


def analyses(number: int, packages: int, *, seed: int = 0) -> list[Document]:
    """So many analyses of images, Debian and RHEL in turns, in each of which so many packages were found."""
    return [_analysis(index, packages, f"{seed}/{packages}/{index}") for index in range(number)]


# --- What is shared --------------------------------------------------------------------------------------------------


def _digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


@cache
def _vocabulary() -> tuple[str, ...]:
    chosen = random.Random("words")
    return tuple("".join(chosen.choices(_SYLLABLES, k=chosen.randint(1, 4))) for _ in range(2000))


def _words(chosen: random.Random, characters: int) -> str:
    """Words in lines, of about so many characters."""
    words = chosen.choices(_vocabulary(), k=max(1, characters // 7))
    return "\n".join(" ".join(words[start : start + 12]) for start in range(0, len(words), 12))


@cache
def _universe() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Packages with their versions, oldest first; the popular ones first."""
    chosen = random.Random("packages")
    packages = []
    for number in range(1500):
        name = f"{chosen.choice(_vocabulary())}-{_digest(number)[:4]}"
        releases = min(250, max(1, int(chosen.lognormvariate(3.2, 1.0))))
        packages.append((name, tuple(f"{n // 20}.{n // 4 % 5}.{n % 4}" for n in range(releases))))
    return tuple(packages)


@cache
def _popularity(number: int) -> tuple[float, ...]:
    """Running sums of how popular the first, the second ... of so many things is."""
    return tuple(accumulate(1 / (rank + 1) for rank in range(number)))


def _popular(chosen: random.Random, things: Sequence[Any], number: int) -> list[Any]:
    """So many different ones, the popular ones more often."""
    found: dict[int, None] = {}
    weights = _popularity(len(things))
    while len(found) < min(number, len(things)):
        found[chosen.choices(range(len(things)), cum_weights=weights)[0]] = None
    return [things[index] for index in found]


@cache
def _classifiers() -> tuple[str, ...]:
    chosen = random.Random("classifiers")
    return tuple(f"Topic :: {chosen.choice(_vocabulary()).title()} :: {_words(chosen, 15)}" for _ in range(150))


# --- Solver documents ------------------------------------------------------------------------------------------------


def _solver_document(index: int, edges: int, seed: str) -> Document:
    chosen = random.Random(seed)
    package = f"solved-{edges}-{_digest(seed.rpartition('/')[0], index // _VERSIONS_OF_A_PACKAGE)[:8]}"
    version = f"{index % _VERSIONS_OF_A_PACKAGE + 1}.0"
    document = real_document("flask==3.0.3")
    moment = _BEGIN + timedelta(minutes=index)
    document["metadata"]["datetime"] = moment.isoformat()
    document["metadata"]["document_id"] = f"solver-debian-12-py311-{moment:%y%m%d%H%M%S}-{_digest(seed)[:16]}"
    dependencies = list(_dependencies(chosen, edges))
    name, identifier = _popular(random.Random(package), _LICENSES, 1)[0]
    (item,) = document["result"]["tree"]
    item |= {
        "package_name": package,
        "package_version": version,
        "package_version_requested": version,
        "sha256": [_digest(seed, n) for n in range(chosen.choice((1, 1, 1, 2, 3)))],
        "packages": [package.replace("-", "_"), *(f"{package[:8]}.{n}" for n in range(chosen.choice((0, 0, 1, 5))))],
        "dependencies": dependencies,
        "package_license": {
            "license": {"full_name": name, "identifier": identifier, "identifier_spdx": identifier},
            "license_version": "3.18",
            "warning": False,
        },
    }
    item["importlib_metadata"]["metadata"] = _metadata(chosen, package, version, dependencies)
    return document


def _dependencies(chosen: random.Random, edges: int) -> Iterator[Document]:
    """Requirements of popular packages, which so many versions satisfy."""
    missing = edges
    for name, versions in _popular(chosen, _universe(), len(_universe()) // 3):
        newest = versions[-min(missing, len(versions), 1 + int(chosen.expovariate(1 / (0.6 * edges**0.5)))) :]
        extra = ["test"] if chosen.random() < 0.2 else []
        yield edge(name, list(newest), specifier=f">={newest[0]}", marker=chosen.choice(_MARKERS), extra=extra)
        missing -= len(newest)
        if not missing:
            return
    raise AssertionError(f"{missing} of {edges} edges found no version")


def _metadata(chosen: random.Random, package: str, version: str, dependencies: list[Document]) -> Document:
    same = random.Random(package)  # what all versions of the package say
    home = f"https://github.com/{same.choice(_vocabulary())}/{package}"
    labels = ("Homepage", "Documentation", "Source", "Changes", "Chat")
    description = min(47_000, int(same.lognormvariate(7.9, 1.0)))
    return {
        "Author": _words(same, 14),
        "Author-email": f"{same.choice(_vocabulary())}@example.org",
        "Classifier": _popular(same, _classifiers(), same.randint(4, 21)),
        "Description": f"{package} {version}\n\n{_words(same, description)}",
        "Description-Content-Type": "text/markdown",
        "Home-page": home,
        "Keywords": _words(same, 30),
        "License": same.choice(_LICENSES)[0],
        "Metadata-Version": "2.1",
        "Name": package,
        "Project-URL": [f"{label}, {home}/{label.lower()}" for label in labels[: same.randint(0, 5)]],
        "Platform": ["any"] if same.random() < 0.3 else None,
        "Provides-Extra": ["test"] if any(item["extra"] for item in dependencies) else None,
        "Requires-Dist": [f"{item['package_name']} ({item['specifier']})" for item in dependencies] or None,
        "Requires-Python": f">=3.{chosen.choice((7, 8, 9))}",
        "Summary": _words(same, 48),
        "Version": version,
    }


# --- Image analyses --------------------------------------------------------------------------------------------------


def _analysis(index: int, packages: int, seed: str) -> Document:
    """Three in eight packages are Python's; one Python file is listed for each of them."""
    chosen = random.Random(seed)
    document = real_analysis()
    moment = _BEGIN + timedelta(minutes=index)
    document["metadata"]["datetime"] = moment.isoformat()
    document["metadata"]["document_id"] = f"package-extract-{moment:%y%m%d%H%M%S}-{_digest(seed)[:16]}"
    document["metadata"]["arguments"]["extract-image"]["image"] = f"registry.example.com/team/app-{index // 3}:{index}"
    result = document["result"]
    result["layers"] = [_digest("layer"), _digest(seed)]
    places = "/opt/app-root/lib/python3.11/site-packages"
    python = _popular(chosen, _universe(), packages * 3 // 8)
    result["python-packages"] = [
        {"package_name": name, "package_version": chosen.choice(versions[-5:]), "location": places}
        for name, versions in python
    ]
    result["python-files"] = [
        {"filepath": f"{places}/{item['package_name']}/__init__.py", "sha256": _digest(*item.values())}
        for item in result["python-packages"]
    ]
    for key in ("deb", "rpm", "deb-dependencies", "rpm-dependencies"):
        result[key] = []
    system, listed = (_debs, "deb-dependencies") if index % 2 == 0 else (_rpms, "rpm-dependencies")
    result[listed] = _popular(chosen, system(), packages - len(python))
    result["system-symbols"] = {
        f"/lib64/{library}": [f"{library[:-5].upper()}_{n // 10}.{n % 10}" for n in range(24)] for library in _LIBRARIES
    }
    return document


@cache
def _debs() -> tuple[Document, ...]:
    """What Debian has of packages, in up to three releases of each; the real ones have 3.2 dependencies."""
    chosen = random.Random("deb")
    names = [f"lib{word}{number}" for number, word in enumerate(_vocabulary()[:500])]
    return tuple(
        {
            "name": name,
            "version": f"{chosen.randint(0, 9)}.{release}.{chosen.randint(0, 20)}-{release + 1}",
            "arch": "amd64",
            "depends": [
                {"name": other, "version": chosen.choice(("", f">= {chosen.randint(0, 9)}.0"))}
                for other in _popular(chosen, names, chosen.randint(1, 6))
            ],
            "pre-depends": [],
            "replaces": [],
        }
        for release in range(3)
        for name in names
    )


@cache
def _rpms() -> tuple[Document, ...]:
    """What RHEL has of packages, in up to three releases of each."""
    chosen = random.Random("rpm")
    names = [f"{word}{number}-libs" for number, word in enumerate(_vocabulary()[500:1000])]
    capabilities = [
        f"{library}({name.upper()}_{n})(64bit)" for name in names[:80] for n, library in enumerate(_LIBRARIES)
    ]
    return tuple(_rpm(chosen, name, release, capabilities) for release in range(3) for name in names)


def _rpm(chosen: random.Random, name: str, release: int, capabilities: list[str]) -> Document:
    version = f"{chosen.randint(0, 9)}.{chosen.randint(0, 20)}"
    return {
        "name": name,
        "version": version,
        "release": f"{release + 1}.el8",
        "epoch": None,
        "arch": "x86_64",
        "src": False,
        "package_identifier": f"{name}-{version}-{release + 1}.el8.x86_64",
        "dependencies": _popular(chosen, capabilities, chosen.randint(3, 15)),
    }
