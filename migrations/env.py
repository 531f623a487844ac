"""Alembic's entry: every room's tables, on the connection that ``main.py migrate`` hands over."""

from alembic import context

import server.house  # noqa: F401 (builds every room, and so declares every table)
from base.db import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
