"""Every table of the graph, by domain."""

from ..models_base import Base
from .bookkeeping import GraphIdentity, PackageChange, SyncedDocument
from .dependencies import DependsOn
from .metadata import (
    HasMetadataClassifier,
    HasMetadataDistutils,
    HasMetadataPlatform,
    HasMetadataProjectUrl,
    HasMetadataProvidesExtra,
    HasMetadataRequiresExternal,
    HasMetadataSupportedPlatform,
    PythonPackageLicense,
    PythonPackageMetadata,
    PythonPackageMetadataClassifier,
    PythonPackageMetadataDistutils,
    PythonPackageMetadataPlatform,
    PythonPackageMetadataProjectUrl,
    PythonPackageMetadataProvidesExtra,
    PythonPackageMetadataRequiresExternal,
    PythonPackageMetadataSupportedPlatform,
)
from .packages import (
    FoundImportPackage,
    HasArtifact,
    ImportPackage,
    PythonArtifact,
    PythonPackageIndex,
    PythonPackageVersion,
    PythonPackageVersionEntity,
)
from .solvers import EcosystemSolver, Solved

__all__ = [
    "Base",
    "DependsOn",
    "EcosystemSolver",
    "FoundImportPackage",
    "GraphIdentity",
    "HasArtifact",
    "HasMetadataClassifier",
    "HasMetadataDistutils",
    "HasMetadataPlatform",
    "HasMetadataProjectUrl",
    "HasMetadataProvidesExtra",
    "HasMetadataRequiresExternal",
    "HasMetadataSupportedPlatform",
    "ImportPackage",
    "PackageChange",
    "PythonArtifact",
    "PythonPackageIndex",
    "PythonPackageLicense",
    "PythonPackageMetadata",
    "PythonPackageMetadataClassifier",
    "PythonPackageMetadataDistutils",
    "PythonPackageMetadataPlatform",
    "PythonPackageMetadataProjectUrl",
    "PythonPackageMetadataProvidesExtra",
    "PythonPackageMetadataRequiresExternal",
    "PythonPackageMetadataSupportedPlatform",
    "PythonPackageVersion",
    "PythonPackageVersionEntity",
    "Solved",
    "SyncedDocument",
]
