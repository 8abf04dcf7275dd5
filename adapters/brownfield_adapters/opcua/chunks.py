"""Requests about many nodes, in pieces the server takes: by its published limit, and halved where it lied."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from asyncua.ua.status_codes import StatusCodes
from asyncua.ua.uaerrors import UaStatusCodeError

_TOO_MUCH = frozenset(
    {
        StatusCodes.BadTooManyOperations,
        StatusCodes.BadRequestTooLarge,
        StatusCodes.BadResponseTooLarge,
        StatusCodes.BadEncodingLimitsExceeded,
        StatusCodes.BadTooManyMonitoredItems,
    }
)
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def pieces(items: Sequence[ItemT], most: int) -> list[Sequence[ItemT]]:
    """`items` in order, at most `most` (at least one) in each."""
    most = max(most, 1)
    return [items[start : start + most] for start in range(0, len(items), most)]


async def in_pieces(
    items: Sequence[ItemT], most: int, ask: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]]
) -> list[ResultT]:
    """The results of `ask` for all items, in order; a piece the server finds too large is asked in halves."""
    results: list[ResultT] = []
    for piece in pieces(items, most):
        try:
            results.extend(await ask(piece))
        except UaStatusCodeError as error:
            if error.code not in _TOO_MUCH or len(piece) == 1:
                raise
            results.extend(await in_pieces(piece, len(piece) // 2, ask))
    return results
