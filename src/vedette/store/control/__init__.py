"""Control state in SQLite, or in PostgreSQL when several servers share it (DESIGN D12), through SQLAlchemy Core."""

from vedette.store.control.database import ControlDatabase, open_control

__all__ = ["ControlDatabase", "open_control"]
