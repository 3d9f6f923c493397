"""One SQLite file that several processes share: WAL, foreign keys, patience, and honest transactions."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from origin.errors import StoreError
from origin.folder import disk_full

FILE = "catalogue.sqlite"
BUSY_MS = 30_000
MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_MS}",
)


class Database:
    """Transactions on the catalogue; `reading` never waits for writers, `writing` has the only write lock."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    @classmethod
    async def open(cls, folder: Path) -> "Database":
        """Open or make the database of a data folder and bring it up to date. Raises PlainError on a full disk."""
        path = folder / FILE
        with _Telling(folder):
            await asyncio.to_thread(migrate, path)
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        _prepare(engine.sync_engine)
        return cls(engine, folder)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the catalogue."""
        with _Telling(self._folder):
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds the write lock from its beginning. Raises PlainError on a full disk, StoreError."""
        with _Telling(self._folder):
            async with self._engine.connect() as connection:
                writer = await connection.execution_options(writes=True)
                async with writer.begin():
                    yield writer

    async def close(self) -> None:
        await self._engine.dispose()


class _Telling:
    """Turns SQLite's word for a full disk into a sentence for a person, and other trouble into StoreError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OperationalError):
            if "disk is full" in str(error.orig):
                raise disk_full(self._folder) from error
            raise StoreError(f"the catalogue in {self._folder}: {error.orig}") from error


def _prepare(engine: Any) -> None:
    """Python's sqlite3 begins transactions by itself, and too late; here SQLAlchemy says BEGIN."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(path: Path) -> None:
    """Bring the database up to the newest version, making it first if need be; one process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / "catalogue.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        engine = create_engine(f"sqlite:///{path}")
        _prepare(engine)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        try:
            with engine.connect() as connection:
                writer = connection.execution_options(writes=True)
                config.attributes["connection"] = writer
                with writer.begin():
                    command.upgrade(config, "head")
        finally:
            engine.dispose()
    path.chmod(0o600)
