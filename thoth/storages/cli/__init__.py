"""The command line: thoth-storages."""

try:
    from .main import cli
except KeyboardInterrupt:  # while modules are loaded, before main could hear of it
    from .leaving import INTERRUPTED, leave

    leave("interrupted", INTERRUPTED)

__all__ = ["cli"]
