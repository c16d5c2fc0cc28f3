"""What pyproject.toml cannot say: where the migrations go, and the two commands that the README promises."""

from __future__ import annotations

import subprocess
import sys

from setuptools import Command, find_namespace_packages, setup

# The migrations live beside the package in a checkout and inside it in a wheel. Nothing else of the checkout's top
# level may be found: it would land beside other people's packages.
PACKAGES = [
    *find_namespace_packages(include=["thoth.storages", "thoth.storages.*"]),
    "thoth.storages.migrations",
    "thoth.storages.migrations.versions",
]


class _Run(Command):
    user_options: list[tuple[str, str, str]] = []

    def initialize_options(self) -> None:
        pass

    def finalize_options(self) -> None:
        pass

    def run(self) -> None:
        sys.exit(subprocess.call([sys.executable, "-m", *self.arguments]))


class Test(_Run):
    """Run the tests: python3 setup.py test."""

    description = "run the tests"
    arguments = ("pytest",)


class BuildSphinx(_Run):
    """Build the documentation: python3 setup.py build_sphinx."""

    description = "build the documentation into build/sphinx/html"
    arguments = ("sphinx", "-W", "--keep-going", "docs", "build/sphinx/html")


setup(
    packages=PACKAGES,
    package_dir={
        "thoth.storages.migrations": "alembic",
        "thoth.storages.migrations.versions": "alembic/versions",
    },
    package_data={
        "thoth.storages": ["py.typed", "data/solver/*.json", "graph/sql/*.sql"],
        "thoth.storages.migrations": ["*.mako"],
    },
    cmdclass={"test": Test, "build_sphinx": BuildSphinx},
)
