"""What the graph knows about itself: which documents it was told, what changed, which graph it is."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, Enum, Index, Text, false, func, text
from sqlalchemy.orm import Mapped, mapped_column

from ..enums import DocumentKindEnum
from ..models_base import Base


class SyncedDocument(Base):
    """A row is a document the graph was told; it is written in the same transaction as what the document says."""

    __tablename__ = "synced_document"
    __table_args__ = (
        CheckConstraint("octet_length(content_sha256) = 32", name="content_sha256"),
        Index("synced_document_kind_idx", "kind", "synced_at"),
    )

    document_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKindEnum] = mapped_column(Enum(DocumentKindEnum, name="document_kind"))
    content_sha256: Mapped[bytes | None] = mapped_column(
        comment="of the document as canonical JSON; NULL where an older release synced it"
    )
    etag: Mapped[str | None] = mapped_column(comment="of the object it was read from")
    created_at: Mapped[datetime] = mapped_column(comment="when the document was made")
    synced_at: Mapped[datetime] = mapped_column(server_default=func.now())
    to_sync_again: Mapped[bool] = mapped_column(
        server_default=false(), comment="whether a newer document withdrew what this one had to say as well"
    )
    remarks: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="what the document says that no table holds, and why"
    )


class QuarantinedDocument(Base):
    """A row is a document that could not be stored, for a reason that lies in the document.

    A sync of its store leaves it alone until the object is another one. The row goes away when the document is synced.
    """

    __tablename__ = "quarantined_document"
    __table_args__ = (CheckConstraint("times > 0", name="times"),)

    kind: Mapped[DocumentKindEnum] = mapped_column(Enum(DocumentKindEnum, name="document_kind"), primary_key=True)
    document_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(comment="what the error said, cut where it is long")
    json_path: Mapped[str | None] = mapped_column(comment="the place in the document, where the error names one")
    etag: Mapped[str | None] = mapped_column(comment="of the object it was read from, where it was listed")
    first_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_at: Mapped[datetime] = mapped_column(server_default=func.now())
    times: Mapped[int] = mapped_column(server_default=text("1"), comment="how often it was tried in vain")


class PackageChange(Base):
    """A row says which transaction last changed what the graph knows of a package.

    Sequence numbers would lose commits (one that was taken first may commit last); transaction ids do not: a reader
    remembers its snapshot's pg_snapshot_xmin and later asks for rows from that id on.
    """

    __tablename__ = "package_change"
    __table_args__ = (Index("package_change_xid_idx", "xid"),)

    package_name: Mapped[str] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(comment="pg_current_xact_id() of that transaction")


class GraphIdentity(Base):
    """The one row tells this graph from every other; it is new after drop_all.

    A restored copy has the uuid of its original: give it a new one (DELETE, then INSERT ... DEFAULT VALUES) and empty
    package_change, whose transaction ids belong to the original server.
    """

    __tablename__ = "graph_identity"
    __table_args__ = (Index("graph_identity_single_idx", text("(true)"), unique=True),)

    graph_uuid: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
