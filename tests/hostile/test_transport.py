"""Connections to boards: no wait at the login, and all arrives compressed, within a limit."""

from __future__ import annotations

import base64
import os
import select
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
import pytest
from paramiko.auth_handler import AuthHandler

from jetfleet.hostkeys.compression import LARGEST, Compressor, Decompressor
from jetfleet.hostkeys.transport import Transport
from jetfleet.transport.exchange import exchange
from jetfleet.transport.script import SHELL, to_send
from tests.hostile.odd_ssh import KEY, Server, run

pytestmark = pytest.mark.timeout(60)

DENSE = base64.encodebytes(os.urandom(100_000))
TEXT = b"docker image inspect -f '{{.Id}}'\n" * 900


@pytest.fixture
def compressed() -> Iterator[Transport]:
    """Yield a connection on which a user is logged in."""
    with served() as client:
        client.auth_none("nvidia")
        yield client


@contextmanager
def served() -> Iterator[Transport]:
    """Yield a connection to a server that compresses too."""
    listening = socket.create_server(("127.0.0.1", 0))
    ours = socket.create_connection(listening.getsockname())
    theirs, _ = listening.accept()
    server = Transport(theirs)
    server.add_server_key(KEY)
    server.start_server(server=Server(run), event=threading.Event())
    client = Transport(ours)
    try:
        client.start_client(timeout=10)
        yield client
    finally:
        client.close()
        server.close()
        listening.close()


def test_a_key_is_offered_before_the_service_that_takes_it_has_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more: list[bool] = []
    requested = AuthHandler._parse_service_request

    def waits(self: AuthHandler, message: paramiko.Message) -> None:
        more.append(bool(select.select([self.transport.sock], [], [], 10)[0]))
        requested(self, message)

    monkeypatch.setattr(AuthHandler, "_parse_service_request", waits)
    with served() as client:
        with pytest.raises(paramiko.BadAuthenticationType):
            client.auth_publickey("nvidia", KEY)
        assert more == [True]
        client.auth_none("nvidia")
        assert client.is_authenticated()


def test_another_program_reads_each_packet_whatever_is_between() -> None:
    write, reader = Compressor(), zlib.decompressobj()
    for packet in (b"\n", TEXT, DENSE[:32768], b"small", DENSE[32768:65536], TEXT, TEXT):
        assert reader.decompress(write(packet)) == packet


def test_text_gets_small_and_base64_as_small_as_what_it_holds() -> None:
    write = Compressor()
    assert len(write(TEXT)) < len(TEXT) / 20
    assert len(write(DENSE[:32768])) < 0.78 * 32768


@pytest.mark.parametrize("text", [DENSE.decode(), TEXT.decode()])
def test_a_script_arrives_whole_where_keys_are_exchanged_again(
    compressed: Transport, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paramiko asks for new keys after a number of bytes; a coder begins again with them."""
    monkeypatch.setattr(compressed.packetizer, "REKEY_BYTES", 20_000)
    assert compressed.local_compression == compressed.remote_compression == "zlib@openssh.com"
    compressed.use_compression(compress=False)  # as paramiko's client does, after the first keys
    script = f"cat <<'THE_END'\n{text}THE_END\n"
    for _ in range(3):
        sent = to_send(script, 20).encode()
        done = exchange(compressed, " ".join((*SHELL, "it")), sent, 20)
        assert done.complete
        assert text.encode() in done.out


@pytest.mark.parametrize("packet", [zlib.compress(bytes(LARGEST + 1)), b"no such format"])
def test_a_packet_that_is_too_large_or_damaged_ends_the_connection(packet: bytes) -> None:
    with pytest.raises(paramiko.SSHException, match="a packet"):
        Decompressor()(packet)
