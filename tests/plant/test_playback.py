"""One clock for all devices."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from brownfield_plant import Playback, Records, Tick


def test_the_end_continues_at_the_beginning(small: Records) -> None:
    playback = Playback(small)
    assert [playback.step().step for _ in range(small.steps + 2)] == [*range(small.steps), 0, 1]


def test_playing_begins_where_it_is_told_to(small: Records) -> None:
    playback = Playback(small, start=datetime(2014, 6, 1, 0, 20, tzinfo=UTC))
    assert playback.step().recorded == datetime(2014, 6, 1, 0, 20, tzinfo=UTC)


def test_a_tick_is_stamped_with_the_wall_time_of_its_playing(small: Records) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)])
    playback = Playback(small, wall=lambda: next(moments))
    assert [playback.step().stamp.day for _ in range(2)] == [1, 2]


async def test_the_schedule_is_absolute_and_a_slow_step_is_made_up_for(
    small: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, waits = 0.0, list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(seconds)
        now += seconds

    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def play(tick: Tick) -> None:
        nonlocal now
        now += 0.2 if tick.step == 0 else 0.0
        if tick.step == 3:
            raise EOFError

    with pytest.raises(EOFError):
        await Playback(small, speed=2.0).run(play)
    assert waits == pytest.approx([0.5, 0.3, 0.5, 0.5])


def test_stamps_have_a_zone(small: Records) -> None:
    assert Playback(small).step().stamp.utcoffset() == timedelta(0)
