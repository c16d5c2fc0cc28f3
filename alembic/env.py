"""Run migrations: on the connection that the library hands over, or where the settings point."""

from __future__ import annotations

from sqlalchemy import Connection

from alembic import context
from thoth.storages.graph import migrations
from thoth.storages.graph.models import Base


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # the driver's own would print each % twice
        target_metadata=Base.metadata,
        literal_binds=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    migrations.run(migrate, context.config.attributes)
