"""A process with very many subjects: its JWT is far longer than the broker's default takes, and works all the same."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from tests.operator.access.speaker import Speaker

from brownfield_api.adapter_config import AdapterConfig
from brownfield_api.subjects import raw_subject
from brownfield_operator.access.permissions import process_permissions

pytestmark = pytest.mark.wire


async def test_a_group_of_a_thousand_sources_signs_in_and_may_publish_each(
    adapter: AdapterConfig, speak: Callable[..., Awaitable[Speaker]]
) -> None:
    endpoint = adapter.endpoints[0]
    subjects = [raw_subject("here", "plant", f"source-{number:032}") for number in range(1000)]
    sources = tuple(msgspec.structs.replace(endpoint.sources[0], subject=subject) for subject in subjects)
    group = msgspec.structs.replace(adapter, endpoints=(msgspec.structs.replace(endpoint, sources=sources),))
    speaker = await speak(process_permissions(group))
    assert [await speaker.may_publish(subject, b"x") for subject in (subjects[0], subjects[-1])] == [True, True]
    assert not await speaker.may_publish(raw_subject("here", "plant", "other"))
