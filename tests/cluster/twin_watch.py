"""What somebody sees who never looks away from the twin: when each asset had news, and for how long there was none."""

import itertools
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.api_server.eventually import eventually
from tests.cluster.proxy import Proxied

_STEP = 0.1


@dataclass(slots=True)
class TwinWatch:
    """Looks ten times a second, inside `with`. News is a newer source time among an asset's measured values."""

    twin: Proxied
    seen: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By asset: when (monotonic) it had news, and of when (seconds since 1970) those are."""
    unanswered: float = 0.0
    """Longest time without any answer of the twin, in seconds."""
    _begun: float = field(default_factory=time.monotonic)
    _ends: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "TwinWatch":
        self._thread = threading.Thread(target=self._run, name="twin watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def live_gap(self, asset: str) -> float:
        """Longest time in seconds for which nobody saw anything new of an asset, up to now."""
        moments = [self._begun, *(when for when, _ in self.seen.get(asset, ())), time.monotonic()]
        return max(after - before for before, after in itertools.pairwise(moments))

    def await_news(self, assets: Iterable[str], count: int = 2, *, seconds: float = 60.0) -> None:
        """Returns when each of the assets has had news that often from now on."""
        before = {asset: len(self.seen.get(asset, ())) for asset in assets}

        def all_had() -> bool:
            return all(len(self.seen.get(asset, ())) >= seen + count for asset, seen in before.items())

        eventually(all_had, what=f"each of {sorted(before)} has had news {count} times", seconds=seconds)

    def newest(self, asset: str) -> float:
        """Of when the newest value is; 0 before there is one."""
        news = self.seen.get(asset)
        return news[-1][1] if news else 0.0

    def _run(self) -> None:
        answered = time.monotonic()
        while not self._ends.wait(_STEP):
            view = self.twin.look("/api/v1/twin")
            now = time.monotonic()
            if view is None:
                self.unanswered = max(self.unanswered, now - answered)
                continue
            answered = now
            for asset in view["assets"]:
                self._note(asset, now)

    def _note(self, asset: dict[str, Any], now: float) -> None:
        times = [item["sourceTime"] for item in asset["properties"] if item["kind"] == "measured"]
        newest = max((datetime.fromisoformat(text).timestamp() for text in times if text), default=0.0)
        news = self.seen.setdefault(asset["id"], [])
        if not news or newest > news[-1][1]:
            news.append((now, newest))


def data_gap(twin: Proxied, asset: str, begin: float, end: float) -> float:
    """Longest time in seconds between two samples that the twin has of an asset, between two times since 1970.

    What was read while the spine, the pipeline or the twin were away arrives later and leaves no gap.
    """
    query = {"property": "count", "from": f"{begin:.3f}", "to": f"{end:.3f}", "points": "20000"}
    times: list[float] = twin.get(f"/api/v1/assets/{asset}/history", **query)["time"]
    return max(after - before for before, after in itertools.pairwise([begin, *times, end]))
