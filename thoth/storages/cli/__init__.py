"""The command line: thoth-storages."""

from .main import cli

__all__ = ["cli"]
