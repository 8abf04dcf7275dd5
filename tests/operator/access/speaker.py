"""A bare NATS client that sends whatever it likes and notes what the broker refused."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from nats.aio.client import Client

from brownfield_spine.credentials import UserJwt

END = "nobody.may.publish.this."
_REFUSED = re.compile(r"permissions violation for (?:publish|subscription) to \"([^\"]+)\"", re.IGNORECASE)


@dataclass
class Speaker:
    """`refused`: subjects, as the broker named them, in lower case."""

    client: Client = field(default_factory=Client)
    refused: list[str] = field(default_factory=list)
    _questions: int = 0

    @classmethod
    async def connect(cls, servers: Sequence[str], user: UserJwt) -> Self:
        speaker = cls()
        await speaker.client.connect(
            servers=list(servers),
            user_jwt_cb=lambda: bytearray(user.jwt.encode()),
            signature_cb=user.sign,
            inbox_prefix=user.inbox,
            error_cb=speaker._note,
            allow_reconnect=False,
        )
        return speaker

    async def may_publish(self, subject: str, payload: bytes = b"", reply: str = "") -> bool:
        """Publish; whether the broker let it through."""
        await self.client.publish(subject, payload, reply=reply)
        return await self._passed(subject)

    async def may_subscribe(self, subject: str) -> bool:
        """Subscribe; whether the broker let it."""
        await self.client.subscribe(subject)
        return await self._passed(subject)

    async def _passed(self, subject: str) -> bool:
        """The broker answers in order: when what follows, and is refused for certain, is refused, we know."""
        self._questions += 1
        end = f"{END}{self._questions}"
        await self.client.publish(end)
        async with asyncio.timeout(10):
            while end not in self.refused:
                await asyncio.sleep(0.001)
        return subject.lower() not in self.refused

    async def _note(self, error: Exception) -> None:
        found = _REFUSED.search(str(error))
        if found:
            self.refused.append(found[1].lower())
