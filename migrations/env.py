"""Runs the migrations on the connection that `bookings.database.migrate` hands over, else on the configured one."""

from __future__ import annotations

from alembic import context

from bookings.database import database_url, open_database
from bookings.models import Base


def run(connection: object) -> None:
    """Run them within the transaction of the connection."""
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if context.is_offline_mode():
    raise SystemExit("these migrations need a database: run them without --sql")
if given is not None:
    run(given)
else:
    with open_database(database_url()).begin() as own:
        run(own)
