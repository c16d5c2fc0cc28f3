"""Run migrations: on the connection that the library hands over, or where the settings point."""

from __future__ import annotations

from sqlalchemy import Connection

from alembic import context
from thoth.storages.graph.engine import connection_url, make_maintenance_engine
from thoth.storages.graph.models import Base


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(
        dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    with make_maintenance_engine(connection_url()).connect() as own:
        migrate(own)
        own.commit()
