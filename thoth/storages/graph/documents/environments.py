"""Software environments, as documents describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from ...exceptions import CudaVersionDoesNotMatchError, SchemaError
from ..enums import EnvironmentTypeEnum
from ..names import key_sha256
from .reading import NAME_BYTES, Place
from .texts import PATH_BYTES, long_name

_PYTHON = re.compile(r"-py(?P<major>[0-9])(?P<minor>[0-9]+)")
_CUDA = ("nvcc_version", "/usr/local/cuda/version.txt")
_THOTH_NAME, _THOTH_VERSION, _NAME, _TAG = "THOTH_S2I_NAME", "THOTH_S2I_VERSION", "IMAGE_NAME", "IMAGE_TAG"


class CudaVersionsDifferError(SchemaError, CudaVersionDoesNotMatchError):
    """An image analysis found two different CUDA versions."""


@dataclass(frozen=True, slots=True)
class SoftwareEnvironment:
    """A software environment: everything that is known of it tells it from others."""

    environment_type: EnvironmentTypeEnum
    environment_name: str | None = None
    python_version: str | None = None
    image_name: str | None = None
    image_sha: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    thoth_image_name: str | None = None
    thoth_image_version: str | None = None
    env_image_name: str | None = None
    env_image_tag: str | None = None
    cuda_version: str | None = None

    @property
    def description(self) -> tuple[str | None, ...]:
        """Everything but the type, in the order of DESCRIPTION."""
        return tuple(getattr(self, name) for name in DESCRIPTION)

    @property
    def key(self) -> bytes:
        """What tells this environment from any other of its type."""
        return key_sha256(*self.description)


DESCRIPTION = tuple(field.name for field in fields(SoftwareEnvironment) if field.name != "environment_type")
"""What describes an environment, in column order."""


def parse_environment_type(place: Place) -> EnvironmentTypeEnum:
    """Whether software runs in the environment or is built in it: runtime or buildtime, in whatever case."""
    known = {member.name: member for member in EnvironmentTypeEnum}
    found = known.get(place.text().upper())
    if found is None:
        raise SchemaError(place.document_id, place.path, f"one of {', '.join(known).lower()}")
    return found


def parse_image(place: Place) -> tuple[str, str]:
    """Name and tag of an image such as registry:5000/team/app:1.0; what is pinned by a digest alone has it as its tag.

    The name keeps its registry. Where no tag is given it is latest.
    """
    reference, _, digest = long_name(place).partition("@")
    name, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:  # the colon is that of the registry's port
        name, tag = reference, ""
    if not name.strip():
        raise SchemaError(place.document_id, place.path, "the name of an image")
    return name, tag or digest or "latest"


def python_version_of(image_name: str) -> str | None:
    """The Python that the name of an image ends with: 3.11 for s2i-thoth-ubi8-py311, None without such an end."""
    match = _PYTHON.fullmatch(image_name, image_name.rfind("-")) if "-" in image_name else None
    return f"{match['major']}.{match['minor']}" if match else None


def parse_cuda_version(result: Place) -> str | None:
    """The CUDA version that an analysis found. Raises CudaVersionsDifferError where it found two."""
    found = result.get("cuda-version")
    places = [] if found is None else [place for key in _CUDA if (place := found.get(key)) is not None]
    versions = [version for place in places if (version := place.text(NAME_BYTES).strip())]
    if len(set(versions)) > 1:
        expected = f"one version of CUDA, not both {' and '.join(versions)}"
        raise CudaVersionsDifferError(result.document_id, f"{result.path}.cuda-version", expected)
    return versions[0] if versions else None


def parse_image_variables(result: Place) -> dict[str, str | None]:
    """What an image's environment variables say of the images it was built from, by column."""
    inspected = result.get("skopeo-inspect")
    values = dict.fromkeys((_THOTH_NAME, _THOTH_VERSION, _NAME, _TAG))
    for place in () if inspected is None else inspected.items("Env"):
        if not isinstance(place.value, str):
            raise place.refuse("a text")
        name, _, value = place.value.partition("=")
        if name in values:  # what comes later counts
            values[name] = Place(place.document_id, place.path, value).text(PATH_BYTES) or None
    return {
        "thoth_image_name": values[_THOTH_NAME],
        "thoth_image_version": values[_THOTH_VERSION],
        "env_image_name": values[_NAME],
        "env_image_tag": values[_TAG],
    }
