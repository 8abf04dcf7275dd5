"""The operator's work queue: keys, never events, so that a hundred changes of one thing are one piece of work.

A key that is added while it waits stays one; one that is added while it is worked on is worked on once more
afterwards, never twice at a time. A key whose work failed comes back later and later, with jitter, up to a cap,
and is forgiven by its first success. A token bucket limits how fast all keys together are begun, so that no mass
of changes becomes a storm at the API server. (The model is client-go's workqueue; the debounce is ours.)
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)

FIRST_DELAY = 0.2
"""Seconds before the first new attempt of a failed key."""

LONGEST_DELAY = 60.0
"""Cap of the doubling delay."""

HASTENED = 5.0
"""Seconds to which being asked for shortens that delay, and no further: what a failing reconcile has written comes
back as events, and each would otherwise be another attempt at once.
"""


@dataclass(slots=True)
class TokenBucket:
    """`rate` begins per second on average, `burst` at once; `now` is the event loop's clock."""

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _at: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float) -> float:
        """Takes one token; seconds to wait before it may be used."""
        gained = (now - self._at) * self.rate if self._at > float("-inf") else 0.0
        self._tokens = min(self.burst, self._tokens + gained) - 1.0
        self._at = now
        return max(0.0, -self._tokens / self.rate)


@dataclass(slots=True)
class WorkQueue(Generic[KeyT]):
    """Keys to work on. `work` raises to have its key tried again; `failed` is told about it, `done` how many seconds
    each attempt took.
    """

    work: Callable[[KeyT], Awaitable[None]]
    failed: Callable[[KeyT, Exception, int], None]
    bucket: TokenBucket
    chance: random.Random = field(default_factory=random.Random)
    _due: dict[KeyT, float] = field(default_factory=dict)
    _heap: list[tuple[float, int, KeyT]] = field(default_factory=list)
    _order: "itertools.count[int]" = field(default_factory=itertools.count)
    _running: set[KeyT] = field(default_factory=set)
    _again: dict[KeyT, float] = field(default_factory=dict)
    _failures: dict[KeyT, int] = field(default_factory=dict)
    _not_before: dict[KeyT, float] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    retries: int = 0
    done: Callable[[float], None] = lambda _seconds: None

    def add(self, key: KeyT, delay: float = 0.0) -> None:
        """Have `key` worked on in `delay` seconds, or earlier if that was already asked for."""
        due = max(asyncio.get_running_loop().time() + delay, self._not_before.get(key, 0.0))
        if key in self._running:
            self._again[key] = min(due, self._again.get(key, due))
            return
        if due < self._due.get(key, float("inf")):
            self._due[key] = due
            heapq.heappush(self._heap, (due, next(self._order), key))
            self._changed.set()

    def forget(self, key: KeyT) -> None:
        """Drop a key that waits; one that is being worked on ends its turn."""
        self._due.pop(key, None)
        self._again.pop(key, None)
        self._failures.pop(key, None)
        self._not_before.pop(key, None)

    def __len__(self) -> int:
        return len(self._due) + len(self._running)

    @property
    def idle(self) -> bool:
        """Whether nothing is due now or being worked on."""
        now = asyncio.get_running_loop().time()
        return not self._running and all(due > now for due in self._due.values())

    @property
    def oldest(self) -> float:
        """Seconds that the key that is due for longest has waited; 0 if none is due."""
        due = min(self._due.values(), default=float("inf"))
        return max(0.0, asyncio.get_running_loop().time() - due)

    async def until_idle(self, patience: float) -> None:
        """Returns when nothing is due or being worked on, or after `patience` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not self.idle:  # noqa: ASYNC110 - thousands of keys, and nobody who counts them
                    await asyncio.sleep(0.1)

    async def run(self, workers: int) -> None:
        """Works until cancelled, on at most `workers` keys at a time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            key = await self._next()
            self._running.add(key)
            await asyncio.sleep(self.bucket.take(loop.time()))
            self.begun += 1
            begun = loop.time()
            try:
                await self.work(key)
            except Exception as error:  # noqa: BLE001 - whatever it was, the key comes back and somebody is told
                self._retry(key, error)
            else:
                self._failures.pop(key, None)
                self._not_before.pop(key, None)
            finally:
                self._running.discard(key)
                self.done(loop.time() - begun)
            if key in self._again:
                self.add(key, self._again.pop(key) - loop.time())

    def _retry(self, key: KeyT, error: Exception) -> None:
        count = self._failures.get(key, 0) + 1
        self._failures[key] = count
        self.retries += 1
        asked = getattr(error, "retry_after", None) or 0.0
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(count - 1, 16)) * self.chance.uniform(0.75, 1.25)
        now = asyncio.get_running_loop().time()
        due = now + max(delay, asked)
        self._not_before[key] = now + max(min(delay, HASTENED), asked)
        self._again[key] = max(self._not_before[key], min(due, self._again.get(key, due)))
        self.failed(key, error, count)

    async def _next(self) -> KeyT:
        loop = asyncio.get_running_loop()
        while True:
            while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
                heapq.heappop(self._heap)  # forgotten, or asked for earlier
            if self._heap and self._heap[0][0] <= loop.time():
                key = heapq.heappop(self._heap)[2]
                del self._due[key]
                return key
            self._changed.clear()
            wait = self._heap[0][0] - loop.time() if self._heap else None
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue
