"""Whose turn it is: those who wait, client by client, each in the order of his requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Round robin over clients: who asks much waits behind himself, not in front of others."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[T]] = {}
        """In the order in which it is their turn."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        for queue in self._waiting.values():
            yield from queue

    def of(self, client: Hashable) -> int:
        """Return how many of a client wait."""
        queue = self._waiting.get(client)
        return 0 if queue is None else len(queue)

    def before(self, client: Hashable) -> int:
        """Return how many would be served before one more of this client's, if nobody else came."""
        own = self.of(client)
        return own + sum(min(len(queue), own + 1) for other, queue in self._waiting.items() if other != client)

    def add(self, client: Hashable, one: T, *, first: bool = False) -> None:
        """Let one wait behind his client's others; ``first``: before them, and before every other client's."""
        self._count += 1
        queue = self._waiting.get(client)
        if queue is None:
            queue = self._waiting[client] = deque()
        if not first:
            queue.append(one)
            return
        queue.appendleft(one)
        self._waiting = {client: queue, **{other: theirs for other, theirs in self._waiting.items() if other != client}}

    def next(self) -> T:
        """Take the one whose turn it is; his client's next turn comes after everybody else's."""
        client, queue = next(iter(self._waiting.items()))
        del self._waiting[client]
        one = queue.popleft()
        if queue:
            self._waiting[client] = queue
        self._count -= 1
        return one

    def drop(self, client: Hashable, one: T) -> None:
        """Forget one that waits."""
        queue = self._waiting[client]
        queue.remove(one)
        if not queue:
            del self._waiting[client]
        self._count -= 1
