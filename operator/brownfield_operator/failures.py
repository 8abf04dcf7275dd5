"""What is said of work that failed: that it is tried again, or that there is nothing to try any more."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

_log = structlog.get_logger()


def told(what: str) -> Callable[[object, Exception, int], None]:
    """For a `WorkQueue`: one line for each failure; the first may be no more than a collision."""

    def failed(key: object, error: Exception, count: int) -> None:
        level = _log.warning if count > 1 else _log.info
        level(f"{what} is tried again", key=key, error=str(error) or type(error).__name__, failures=count)

    return failed


@dataclass(slots=True)
class EndingNamespaces:
    """Says once of a namespace that it is being deleted: everything that is asked for in it is refused then, and each
    refusal would be a line that somebody takes for trouble.
    """

    _said: set[str] = field(default_factory=set)

    def say(self, namespace: str) -> None:
        if namespace not in self._said:
            self._said.add(namespace)
            _log.info("its namespace is being deleted; nothing is made there any more", namespace=namespace)
