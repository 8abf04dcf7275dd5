import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hack.cluster import dns

NAME = "kubernetes.default.svc.cluster.local"


@pytest.mark.parametrize(
    ("flags", "answers", "expected"),
    [(0x8580, 1, True), (0x8583, 0, False), (0x8580, 0, False), (0x0100, 1, False)],
    ids=["an address", "no such name", "a name without address", "a question"],
)
def test_only_an_answer_with_an_address_counts(
    flags: int, answers: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reply(question: bytes) -> bytes:
        assert question[12:].startswith(b"\x0akubernetes\x07default\x03svc\x07cluster\x05local\0")
        return question[:2] + flags.to_bytes(2) + b"\0\1" + answers.to_bytes(2) + b"\0\0\0\0" + question[12:]

    with _server(reply) as port:
        monkeypatch.setattr(dns, "_PORT", port)
        assert dns.answers("127.0.0.1", NAME, timeout=5) is expected


@pytest.mark.parametrize("garbage", [b"", b"short", b"\xff" * 40])
def test_garbage_is_no_answer(garbage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(lambda _: garbage) as port:
        monkeypatch.setattr(dns, "_PORT", port)
        assert not dns.answers("127.0.0.1", NAME, timeout=5)


def test_a_port_that_nobody_listens_on_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server(lambda _: b"") as port:
        monkeypatch.setattr(dns, "_PORT", port)
    assert not dns.answers("127.0.0.1", NAME, timeout=5)


@contextmanager
def _server(reply: Callable[[bytes], bytes]) -> Iterator[int]:
    """Answers the first question, if there is one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)

        def serve() -> None:
            question, client = server.recvfrom(512)
            if question:
                server.sendto(reply(question), client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
            nobody.sendto(b"", server.getsockname())  # ends a server that nobody asked
        thread.join()
