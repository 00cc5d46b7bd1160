"""Runs the migrations of one area, "bookings", "conversations" or "staff", on the connection that
`assistant.database.migrate` hands over, else on the configured database.

By hand: `alembic -n conversations upgrade head`.
"""

from __future__ import annotations

from importlib import import_module

from alembic import context

from assistant.database import BOOKINGS, CONVERSATIONS, STAFF, VERSION_TABLES, database_url, open_database

_MODELS = {BOOKINGS: "bookings.models", CONVERSATIONS: "assistant.conversations.models", STAFF: "console.staff.models"}


def run(connection: object, area: str) -> None:
    """Run them within the transaction of the connection."""
    tables = import_module(_MODELS[area]).Base.metadata
    context.configure(
        connection=connection, target_metadata=tables, compare_type=True, version_table=VERSION_TABLES[area]
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if context.is_offline_mode():
    raise SystemExit("these migrations need a database: run them without --sql")
if given is not None:
    run(given, context.config.attributes["area"])
else:
    chosen = context.config.config_ini_section
    chosen = BOOKINGS if chosen == "alembic" else chosen
    with open_database(database_url(chosen)).begin() as own:
        run(own, chosen)
