"""Documents that could not be stored are remembered.

Revision: b7d41c9e5a20
After: 8e2b64c0d7f1
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "b7d41c9e5a20"
down_revision = "8e2b64c0d7f1"
branch_labels = None
depends_on = None

DOCUMENT_KIND = postgresql.ENUM(
    "SOLVER",
    "ADVISER",
    "ANALYSIS",
    "PACKAGE_ANALYSIS",
    "INSPECTION",
    "PROVENANCE_CHECKER",
    "DEPENDENCY_MONKEY",
    "SECURITY_INDICATORS",
    "REVERSE_SOLVER",
    name="document_kind",
    create_type=False,
)


def upgrade() -> None:
    op.create_table(
        "quarantined_document",
        sa.Column("kind", DOCUMENT_KIND, nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="what the error said, cut where it is long"),
        sa.Column("json_path", sa.Text(), nullable=True, comment="the place in the document, where the error names one"),
        sa.Column("etag", sa.Text(), nullable=True, comment="of the object it was read from, where it was listed"),
        sa.Column("first_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "times",
            sa.BigInteger(),
            server_default=sa.text("1"),
            nullable=False,
            comment="how often it was tried in vain",
        ),
        sa.CheckConstraint("times > 0", name=op.f("quarantined_document_times_check")),
        sa.PrimaryKeyConstraint("kind", "document_id", name=op.f("quarantined_document_pkey")),
        comment="A row is a document that could not be stored, for a reason that lies in the document.",
    )


def downgrade() -> None:
    op.drop_table("quarantined_document")
