"""What every adapter to a storage can do."""

from __future__ import annotations

from abc import ABC, abstractmethod


class StorageBase(ABC):
    """An adapter that is made without any I/O and connected before its first use."""

    @abstractmethod
    def is_connected(self) -> bool:
        """Whether connect() was called; nothing is asked of the server."""

    @abstractmethod
    def connect(self) -> None:
        """Make the adapter usable."""
