"""JetStream requests that say in their subject what they read, so that a user's permissions can say it too.

nats-py lets the broker choose the name of a consumer, and the request for it then goes to the whole stream: who may
make it may read everything, and no permission can tell. With a name of our own the filter stands in the subject,
and the broker refuses another one in the body.
"""

from typing import Any

from nats.js import JetStreamContext, JetStreamManager, api
from nats.nuid import NUID

_names = NUID()


class JetStream(JetStreamContext):
    """The JetStream of a connection, whose requests are as narrow as they can be."""

    @property
    def _jsm(self) -> JetStreamManager:
        """What nats-py's object store makes its requests with: us."""
        return self

    async def add_consumer(
        self, stream: str, config: api.ConsumerConfig | None = None, timeout: float | None = None, **params: Any
    ) -> api.ConsumerInfo:
        """A consumer with a name that nobody can guess, and its filter, if it is one, in the subject of the request."""
        wanted = (config or api.ConsumerConfig()).evolve(**params)
        if not wanted.name and not wanted.durable_name:
            wanted = wanted.evolve(name=_names.next().decode())
        return await super().add_consumer(stream, wanted, timeout)
