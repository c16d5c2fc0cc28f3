"""The tables of a graph cache, a SQLite file. They serve its DDL and its picture; cache.py reads and writes them."""

from __future__ import annotations

from sqlalchemy import Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class CacheBase(DeclarativeBase):
    """The base of the cache's tables."""

    metadata = MetaData()
    type_annotation_map = {str: Text, int: Integer}


class CacheInformation(CacheBase):
    """A row is something the cache knows about itself, such as the graph it was made from."""

    __tablename__ = "cache_information"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class CachedPackageVersion(CacheBase):
    """A row is everything the graph knows of one package version: each index, each environment, each dependency."""

    __tablename__ = "cached_package_version"

    package_version: Mapped[str] = mapped_column(primary_key=True, comment="name==version, both normalised")
    snapshot: Mapped[int] = mapped_column(comment="transactions from this id on are not in the entry")
    crc32: Mapped[int] = mapped_column(comment="of the graph's uuid and all the rest of the row")
    records: Mapped[str] = mapped_column(comment="each index and environment it was solved in, as JSON")
    edges: Mapped[str] = mapped_column(comment="the sets of dependencies that records have, each once, as JSON")


class CachedUnsolved(CacheBase):
    """A row is a package version that others in the cache need and nobody had solved when it was made.

    The database, where there is one, is asked again: it may have been solved since.
    """

    __tablename__ = "cached_unsolved"

    package_version: Mapped[str] = mapped_column(primary_key=True, comment="name==version, both normalised")
    crc32: Mapped[int] = mapped_column(comment="of the graph's uuid and all the rest of the row")


class CachedPackage(CacheBase):
    """A row says that every version of a package that was solved when the cache was made is in it."""

    __tablename__ = "cached_package"

    package_name: Mapped[str] = mapped_column(primary_key=True)
    snapshot: Mapped[int]
    crc32: Mapped[int] = mapped_column(comment="of the graph's uuid and all the rest of the row")
    versions: Mapped[str] = mapped_column(comment="all of them, as JSON")
