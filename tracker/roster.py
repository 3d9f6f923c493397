"""A set that adds, drops and samples in constant time, and remembers the order in which its members came."""

from collections.abc import Hashable, Iterator
from random import Random
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Roster(Generic[Member]):
    """Members in order of arrival; `sample` draws without looking at all of them."""

    __slots__ = ("_at", "_list")

    def __init__(self) -> None:
        self._list: list[Member] = []
        self._at: dict[Member, int] = {}

    def __len__(self) -> int:
        return len(self._list)

    def __contains__(self, member: Member) -> bool:
        return member in self._at

    def __iter__(self) -> Iterator[Member]:
        return iter(self._at)

    def add(self, member: Member) -> None:
        if member not in self._at:
            self._at[member] = len(self._list)
            self._list.append(member)

    def discard(self, member: Member) -> None:
        place = self._at.pop(member, None)
        if place is None:
            return
        last = self._list.pop()
        if place < len(self._list):
            self._list[place] = last
            self._at[last] = place

    def sample(self, rng: Random, count: int) -> list[Member]:
        """Up to `count` different members; all of them when there are no more."""
        if len(self._list) <= count:
            return list(self._list)
        return rng.sample(self._list, count)
