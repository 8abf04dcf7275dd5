"""Whether the twin lives in the present or is still reading what happened before. Pure."""

from brownfield_twin.columns import SECOND

BEHIND = 3 * SECOND
"""A live sample that arrives later than this after the adapter received it was waiting somewhere."""

PATIENCE = 2 * SECOND
"""How long one late batch is remembered: late ones come in a row, one alone is no backlog."""


MANY = 1000
"""Messages waiting behind one that say as much, whatever their times."""


class Backlog:
    """Fed with every delivery; behind until `aim` says where the end was at the start."""

    def __init__(self) -> None:
        self._target: int | None = None
        self._read = 0
        self._pending = 0
        self._late_until = 0

    def aim(self, target: int) -> None:
        """The last message of our subjects at the start has stream sequence `target` (0: there is none)."""
        self._target = target

    def observe(self, *, stream_seq: int, pending: int) -> None:
        """A message was delivered, `pending` more are waiting behind it."""
        self._read, self._pending = stream_seq, pending

    def arrived(self, *, received: int, now: int) -> None:
        """The newest live sample of a batch was `received` (0: it has none) by its adapter."""
        if received and now - received > BEHIND:
            self._late_until = now + PATIENCE

    def catching_up(self, now: int) -> bool:
        """True until what was there at the start is read, and while batches arrive late or pile up."""
        if self._target is None or self._read < self._target:
            return True
        return self._pending > MANY or now < self._late_until
