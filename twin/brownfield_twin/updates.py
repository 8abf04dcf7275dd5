"""Update messages of the live stream, made once however many clients get them.

Clients that were sent something at the same tick are owed the same at the next: the first that asks has the
message made, the others are given its text. Making it yields to the event loop; meanwhile they wait.
"""

import asyncio
from collections.abc import Callable

from brownfield_api.twin_view import LevelView, LiveMessage, SourceView
from brownfield_twin.columns import Rows
from brownfield_twin.freshness import Frame
from brownfield_twin.summary import Summary
from brownfield_twin.views import Views
from brownfield_twin.wording import time_text


class Updates:
    """`cost` is how many seconds the newest message took to make."""

    def __init__(self, views: Views, *, monotonic: Callable[[], float]) -> None:
        self.cost = 0.0
        self._views = views
        self._monotonic = monotonic
        self._making = asyncio.Lock()
        self._made: tuple[tuple[int, bytes, bool, bool, bool], str] | None = None

    async def text(
        self,
        frame: Frame,
        summary: Summary,
        changed: Rows,
        *,
        sources: list[SourceView] | None,
        levels: list[LevelView] | None,
        catching_up: bool,
    ) -> str:
        """The message about the assets `changed` of a frame, and about `sources` and the twin's own `levels` unless
        they are as before.
        """
        key = (frame.now, changed.tobytes(), sources is None, levels is None, catching_up)
        async with self._making:
            if self._made is None or self._made[0] != key:
                began = self._monotonic()
                message = LiveMessage(
                    type="update",
                    time=time_text(frame.now) or "",
                    catching_up=catching_up,
                    assets=await self._views.assets(changed.tolist(), frame, summary),
                    sources=sources,
                    levels=levels,
                )
                self._made = (key, message.model_dump_json(by_alias=True))
                self.cost = self._monotonic() - began
            return self._made[1]
