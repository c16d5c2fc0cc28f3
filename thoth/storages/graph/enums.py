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


class MetadataDistutilsTypeEnum(Enum):
    """Which of the keys Requires-Dist, Provides-Dist and Obsoletes-Dist a text stands under."""

    REQUIRED = auto()
    PROVIDED = auto()
    OBSOLETE = auto()


class PlatformEnum(Enum):
    """The platforms that solvers know."""

    LINUX_X86_64 = "linux-x86_64"
