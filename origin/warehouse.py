"""One data folder, open: its database, its objects, its leases. Servers and `publish` open it side by side."""

import asyncio
import time
from pathlib import Path

import structlog

from origin.catalogue import Catalogue
from origin.db.engine import Database
from origin.entries import Entries
from origin.lease import Lease, lapsed
from origin.records import CLASS, LIVE, PREPARING, REMOVED, Item
from origin.store import Store

LEASES = "leases"
_log = structlog.get_logger("origin")


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Warehouse:
    """What every process that works on a data folder holds."""

    def __init__(self, folder: Path, database: Database, store: Store, lease: Lease) -> None:
        self.folder = folder
        self._leases = folder / LEASES
        self._database = database
        self._lease = lease
        self.store = store
        self.catalogue = Catalogue(database)
        self.entries = Entries(database, store, lease.token)

    @classmethod
    async def open(cls, folder: Path, store_url: str | None = None) -> "Warehouse":
        """Open a data folder, making it if need be, and put right what processes that died have left.

        Raises PlainError when the folder cannot be used or its disk is full.
        """
        lease = await asyncio.to_thread(Lease, folder / LEASES)
        try:
            database = await Database.open(folder)
            store = await asyncio.to_thread(Store.open, folder, store_url, lease.token)
        except BaseException:
            lease.release()
            raise
        warehouse = cls(folder, database, store, lease)
        await warehouse.recover()
        return warehouse

    async def recover(self) -> None:
        """Remove what was never finished by a process that has died, and end the classes that died with one."""
        await asyncio.to_thread(self.store.sweep, self._leases)
        for item in await self.catalogue.items_in((PREPARING, LIVE, REMOVED)):
            if await self.lapsed(item.owner):
                await self._recover_item(item)

    async def lapsed(self, owner: str) -> bool:
        """Whether the process that held a lease has ended."""
        return await asyncio.to_thread(lapsed, self._leases, owner)

    async def _recover_item(self, item: Item) -> None:
        _log.warning("recovered", item=item.id, state=item.state)
        if item.state == LIVE and item.kind == CLASS:
            await self.entries.end(item.id, item.epoch_ms + item.duration_ms, {})
        else:
            await self.entries.remove(item.id)

    async def close(self) -> None:
        """Let go of everything."""
        await self._database.close()
        self._lease.release()
