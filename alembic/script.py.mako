"""${message}.

Revision: ${up_revision}
After: ${down_revision | comma,n}

For whoever writes it: an older library works on this schema while this one is rolled out.
- Add what is NULL or has a server default; drop or rename only in a release after the last one that used it.
- CREATE INDEX CONCURRENTLY goes into `with op.get_context().autocommit_block():`, alone in a migration of its own.
- Values are added to an enum, never renamed or removed.
- Large tables are filled in batches, by statements that may run twice.
- Every constraint and index has its name by the naming convention, so that downgrade() can drop it.
- downgrade() is tested on tables with rows, and leaves no type behind.
"""

import sqlalchemy as sa
from alembic import op
${imports + "\n" if imports else ""}
revision = ${'"' + up_revision + '"'}
down_revision = ${'"' + down_revision + '"' if isinstance(down_revision, str) else repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
