"""Credentials in a file: two kinds, read anew at every attempt, and a private inbox where the JWT names one."""

import asyncio
import base64
import json
import shutil
from contextlib import suppress
from pathlib import Path

import nkeys  # type: ignore[import-untyped]  # ships no annotations
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brownfield_api.errors import BrownfieldError
from brownfield_api.process import SpineConfig
from brownfield_spine.broker import Broker
from brownfield_spine.connection import connect
from brownfield_spine.credentials import Password, UserJwt, parse_credentials, read_credentials

SEED = nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_USER).decode()


def jwt(*subscribe: str) -> str:
    """Unsigned: only the broker looks at signatures."""
    claims = {"nats": {"sub": {"allow": list(subscribe)}}} if subscribe else {"nats": {}}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


def test_a_line_with_a_colon_is_a_user_and_a_password() -> None:
    assert parse_credentials("brownfield:a:b\n", where="file") == Password("brownfield", "a:b")


def test_a_creds_file_is_read_as_it_was_written() -> None:
    user = UserJwt(jwt("_INBOX.adapter.plant.pump.>"), SEED)
    assert parse_credentials(user.file(), where="file") == user


def test_a_creds_file_of_the_nats_tools_is_read() -> None:
    text = (
        f"-----BEGIN NATS USER JWT-----\r\n{jwt()}\r\n------END NATS USER JWT------\r\n\r\n"
        "************************* IMPORTANT *************************\r\n"
        "NKEY Seed printed below can be used to sign and prove identity.\r\n\r\n"
        f"-----BEGIN USER NKEY SEED-----\r\n{SEED}\r\n------END USER NKEY SEED------\r\n\r\n"
        "*************************************************************\r\n"
    )
    assert parse_credentials(text, where="file") == UserJwt(jwt(), SEED)


def test_the_private_inbox_is_the_one_the_jwt_allows() -> None:
    assert UserJwt(jwt("bf.>", "_INBOX.adapter.plant.pump.>"), SEED).inbox == "_INBOX.adapter.plant.pump"
    assert UserJwt(jwt(), SEED).inbox == "_INBOX"


def test_the_signature_is_verified_by_the_seeds_public_key() -> None:
    signature = base64.b64decode(UserJwt(jwt(), SEED).sign("nonce"))
    assert nkeys.from_seed(SEED.encode()).verify(b"nonce", signature)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no colon",
        "user:password\nand more",
        UserJwt("not.a jwt", SEED).file(),
        UserJwt("one", SEED).file(),
        UserJwt("a.b.c", SEED).file(),
        UserJwt(jwt(), "SUNOSEED").file(),
        UserJwt(jwt(), SEED).file().partition("-----BEGIN USER")[0],
        UserJwt(jwt(), SEED).file().partition("------END NATS")[2],
    ],
)
def test_anything_else_is_refused_with_its_place_and_what_to_do(text: str) -> None:
    with pytest.raises(BrownfieldError, match=r"^file f: .*It must be one line"):
        parse_credentials(text, where="file f")


@given(st.text())
def test_no_text_is_more_than_refused(text: str) -> None:
    with suppress(BrownfieldError):
        parse_credentials(text, where="file")


def test_bytes_that_are_no_text_are_refused_with_the_files_name(tmp_path: Path) -> None:
    file = tmp_path / "user.creds"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BrownfieldError, match=r"user\.creds: holds no credentials"):
        read_credentials(file)


@pytest.mark.wire
@pytest.mark.parametrize("before", [None, b"\xff", b"", b"nobody:knows", UserJwt(jwt(), SEED).file().encode()])
async def test_a_process_signs_in_as_soon_as_its_file_is_right(
    before: bytes | None, broker: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    if before is not None:
        file.write_bytes(before)
    config = SpineConfig(servers=broker.config.servers, credentials=str(file))
    spine = await connect(config, name="early", wait=False)
    tries = broker.log.read_text().count("authentication error")
    if before in {b"nobody:knows", UserJwt(jwt(), SEED).file().encode()}:
        async with asyncio.timeout(10):
            while broker.log.read_text().count("authentication error") == tries:
                await asyncio.sleep(0.01)
    assert not spine.connected
    shutil.copy(broker.config.credentials, file)
    async with asyncio.timeout(10):
        await spine.until_connected()
    await spine.close()
