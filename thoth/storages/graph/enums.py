"""The enumerations of the graph; the database stores their names."""

from __future__ import annotations

from enum import Enum, auto


class DocumentKindEnum(Enum):
    """What a document tells; the ledger of synced documents is kept by kind."""

    SOLVER = auto()
    ADVISER = auto()
    ANALYSIS = auto()
    PACKAGE_ANALYSIS = auto()
    INSPECTION = auto()
    PROVENANCE_CHECKER = auto()
    DEPENDENCY_MONKEY = auto()
    SECURITY_INDICATORS = auto()
    REVERSE_SOLVER = auto()


def checked_kind(kind: DocumentKindEnum) -> DocumentKindEnum:
    """The kind as it is. Raises TypeError for what is none, such as a text."""
    if not isinstance(kind, DocumentKindEnum):
        raise TypeError(f"kind must be one of DocumentKindEnum, such as {DocumentKindEnum.SOLVER}, not {kind!r}")
    return kind


class MetadataDistutilsTypeEnum(Enum):
    """Which of the keys Requires-Dist, Provides-Dist and Obsoletes-Dist a text stands under."""

    REQUIRED = auto()
    PROVIDED = auto()
    OBSOLETE = auto()


class PlatformEnum(Enum):
    """The platforms that solvers know."""

    LINUX_X86_64 = "linux-x86_64"


class EnvironmentTypeEnum(Enum):
    """Whether software runs in an environment or is built in it."""

    RUNTIME = auto()
    BUILDTIME = auto()


class SoftwareStackTypeEnum(Enum):
    """Whose software stack it is: a user's, one that was inspected, one that was advised."""

    USER = auto()
    INSPECTION = auto()
    ADVISED = auto()


class InspectionSyncStateEnum(Enum):
    """Whether an inspection was only asked for, or its result is known."""

    PENDING = auto()
    SYNCED = auto()


class RecommendationTypeEnum(Enum):
    """What an adviser is to make a software stack good at."""

    STABLE = auto()
    TESTING = auto()
    LATEST = auto()
    PERFORMANCE = auto()
    SECURITY = auto()


class RequirementsFormatEnum(Enum):
    """What requirements are written in."""

    PIPENV = auto()


class SourceTypeEnum(Enum):
    """What asks for advice."""

    CLI = auto()
    KEBECHET = auto()
    S2I = auto()
    GITHUB_APP = auto()
    JUPYTER_NOTEBOOK = auto()


class KebechetManagerEnum(Enum):
    """What Kebechet can be asked to do in a repository: its managers."""

    INFO_MANAGER = auto()
    PIPFILE_REQUIREMENTS_MANAGER = auto()
    UPDATE_MANAGER = auto()
    VERSION_MANAGER = auto()
    THOTH_ADVISE_MANAGER = auto()
    THOTH_PROVENANCE_MANAGER = auto()


class QuerySortTypeEnum(Enum):
    """What an answer is to be sorted by."""

    PACKAGE_NAME = "package_name"
    PACKAGE_VERSION = "package_version"
