"""Streams are made once, adjusted when limits change, and refuse when they are full."""

from dataclasses import replace

import pytest
from nats.js.api import DiscardPolicy, StoreCompression

from brownfield_api.errors import SpineUnavailable
from brownfield_api.subjects import RAW_STREAM
from brownfield_spine.connection import Spine
from brownfield_spine.provision import Limits, provision

pytestmark = pytest.mark.wire


async def test_provisioning_again_changes_nothing_but_new_limits(spine: Spine) -> None:
    limits = Limits.within(400 * 1024 * 1024)
    await spine.js.publish("bf.raw.x", b"kept")
    await provision(spine, limits)
    await provision(spine, replace(limits, raw_bytes=99_000_000, max_age=3600.0))
    info = await spine.js.stream_info(RAW_STREAM)
    assert (info.config.max_bytes, info.config.max_age) == (99_000_000, 3600.0)
    assert info.config.discard == DiscardPolicy.NEW
    assert info.config.compression == StoreCompression.S2
    assert info.state.messages == 1


async def test_limits_beyond_the_disk_are_refused_by_name(spine: Spine) -> None:
    with pytest.raises(SpineUnavailable, match="stream bf-raw"):
        await provision(spine, Limits.within(1 << 50))
