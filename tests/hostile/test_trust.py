"""`jetfleet trust`: a key is pinned, or replaced, after it was confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hostile.trusted_boards import Boards, made_keys
from tests.support.ssh_server import Key, keygen, ssh_server


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    return made_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def boards(tmp_path: Path) -> Boards:
    Key.made(tmp_path / "login")
    return Boards(tmp_path)


@pytest.fixture
def nano(boards: Boards, keys: dict[str, Key]) -> Iterator[Boards]:
    with ssh_server([keys["board"], keys["ecdsa"]]) as port:
        boards.add("nano", port)
        yield boards


def test_a_new_key_is_shown_and_pinned(nano: Boards, keys: dict[str, Key]) -> None:
    said = nano.trust("nano")
    assert said.startswith("0 ")
    assert f"nano (127.0.0.1) shows ssh-ed25519 {keys['board'].fingerprint}\n" in said
    assert "ANOTHER" not in said
    line = f"[127.0.0.1]:{nano.ports['nano']} {keys['board'].public}\n"
    assert nano.known.read_text() == line
    again = nano.trust("nano", says="")
    assert again.startswith("0 ")
    assert f"which is pinned in {nano.known}" in again


def test_a_new_key_that_is_not_confirmed_is_not_pinned(nano: Boards) -> None:
    assert nano.trust("nano", says="n\n").startswith("1 ")
    assert not nano.known.exists()


def test_a_changed_key_is_not_taken_for_a_new_one(nano: Boards, keys: dict[str, Key]) -> None:
    nano.known.write_text(f"# ours\n192.0.2.1 {keys['other'].public}\n")
    nano.pin("nano", keys["other"].public)
    before = nano.known.read_text()
    said = nano.trust("nano")
    assert said.startswith("1 ")
    assert "nano (127.0.0.1) has ANOTHER KEY than the one that is pinned:\n" in said
    assert f"  pinned: ssh-ed25519 {keys['other'].fingerprint} ({nano.known}:3)\n" in said
    assert f"  shown:  ssh-ed25519 {keys['board'].fingerprint}\n" in said
    assert f"`jetfleet trust {nano.spec} nano --replace`" in said
    assert nano.known.read_text() == before
    assert nano.trust("nano", "--replace", says="n\n").startswith("1 ")
    assert nano.known.read_text() == before
    assert nano.trust("nano", "--replace").startswith("0 ")
    kept = "".join(before.splitlines(keepends=True)[:2])
    line = f"[127.0.0.1]:{nano.ports['nano']} {keys['board'].public}\n"
    assert nano.known.read_text() == kept + line


def test_another_kind_of_key_is_a_change_too(nano: Boards, keys: dict[str, Key]) -> None:
    nano.pin("nano", keys["rsa"].public)
    assert "ANOTHER KEY" in nano.trust("nano")
    nano.known.write_text("")
    nano.pin("nano", keys["ecdsa"].public)
    assert "which is pinned in" in nano.trust("nano", says=""), "it has both kinds"


def hashed(boards: Boards, keys: dict[str, Key]) -> None:
    boards.pin("nano", keys["other"].public)
    keygen("-H", "-f", str(boards.known))


def shared(boards: Boards, keys: dict[str, Key]) -> None:
    port = boards.ports["nano"]
    boards.known.write_text(f"x.example,[127.0.0.1]:{port} {keys['other'].public} both\n")


@pytest.mark.parametrize("form", [hashed, shared])
def test_the_line_of_a_replaced_key_is_found_in_any_form(
    form: Callable[[Boards, dict[str, Key]], None], nano: Boards, keys: dict[str, Key]
) -> None:
    form(nano, keys)
    assert "ANOTHER KEY" in nano.trust("nano")
    assert nano.trust("nano", "--replace").startswith("0 ")
    other = f"x.example {keys['other'].public} both\n" if form is shared else ""
    line = f"[127.0.0.1]:{nano.ports['nano']} {keys['board'].public}\n"
    assert nano.known.read_text() == other + line


def test_a_revoked_key_is_not_pinned(nano: Boards, keys: dict[str, Key]) -> None:
    text = f"@revoked * {keys['board'].public}\n"
    nano.known.write_text(text)
    said = nano.trust("nano", "--replace")
    assert said.startswith("1 ")
    assert "its key is revoked in line 1 of known_hosts: give the host a new key" in said
    assert nano.known.read_text() == text


def test_a_fingerprint_pins_its_key_without_a_question(nano: Boards, keys: dict[str, Key]) -> None:
    wrong = nano.trust("nano", "--fingerprint", keys["other"].fingerprint, says="")
    assert wrong.startswith("1 ")
    assert "nothing was pinned" in wrong
    assert not nano.known.exists()
    assert nano.trust("nano", "--fingerprint", keys["board"].fingerprint, says="").startswith("0 ")
    assert keys["board"].public in nano.known.read_text()
    again = nano.trust("nano", "--fingerprint", keys["other"].fingerprint, says="")
    assert again.startswith("1 "), "the pinned key is another one"


def test_a_fingerprint_may_be_of_any_kind_of_key(nano: Boards, keys: dict[str, Key]) -> None:
    # The server would show its Ed25519 key first.
    assert nano.trust("nano", "--fingerprint", keys["ecdsa"].fingerprint, says="").startswith("0 ")
    assert keys["ecdsa"].public in nano.known.read_text()


def test_a_fingerprint_replaces_a_key_only_where_that_is_asked_for(
    nano: Boards, keys: dict[str, Key]
) -> None:
    nano.pin("nano", keys["other"].public)
    given = ("--fingerprint", keys["board"].fingerprint)
    assert "ANOTHER KEY" in nano.trust("nano", *given, says="")
    assert nano.trust("nano", *given, "--replace", says="").startswith("0 ")
    assert keys["other"].public not in nano.known.read_text()


@pytest.mark.parametrize("kind", ["board", "ecdsa", "rsa"])
def test_the_file_to_compare_with_is_of_the_kind_of_key(
    kind: str, boards: Boards, keys: dict[str, Key]
) -> None:
    with ssh_server([keys[kind]]) as port:
        boards.add("nano", port)
        name = {"board": "ed25519"}.get(kind, kind)
        assert f"`ssh-keygen -lf /etc/ssh/ssh_host_{name}_key.pub`" in boards.trust("nano")
        assert keys[kind].public in boards.known.read_text()


def test_all_hosts_are_pinned_and_each_that_is_not_is_named(
    boards: Boards, keys: dict[str, Key]
) -> None:
    with ssh_server([keys["board"]]) as one, ssh_server([keys["rsa"]]) as two:
        for host, port in (("one", one), ("away", 1), ("two", two)):
            boards.add(host, port)
        said = boards.trust("--all", "--yes", says="")
        assert said.startswith("1 ")
        assert "no SSH server answers at 127.0.0.1:1" in said
        assert "1 of 3 hosts not pinned: see above" in said
        assert keys["board"].public in boards.known.read_text()
        assert keys["rsa"].public in boards.known.read_text()


def test_yes_never_replaces_a_key(nano: Boards, keys: dict[str, Key]) -> None:
    nano.pin("nano", keys["other"].public)
    before = nano.known.read_text()
    for options in (("nano", "--yes"), ("--all", "--yes")):
        said = nano.trust(*options, says="")
        assert said.startswith("1 ")
        assert "ANOTHER KEY" in said
    assert "--yes replaces no key" in nano.trust("nano", "--yes", "--replace", says="")
    assert nano.known.read_text() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name one host, or write --all"),
        (("nano", "--all"), "name one host, or write --all"),
        (("--all", "--fingerprint", "SHA256:" + "a" * 43), "is the key of one host"),
        (("nano", "--fingerprint", "MD5:aa:bb"), "is not a SHA-256 fingerprint"),
        (("nope",), "has no host nope: its hosts are nano"),
    ],
)
def test_a_wrong_call_is_an_error(options: tuple[str, ...], said: str, boards: Boards) -> None:
    boards.add("nano", 1)
    assert said in boards.trust(*options, says="")


def test_one_of_all_may_be_left_out(boards: Boards, keys: dict[str, Key]) -> None:
    with ssh_server([keys["board"]]) as one, ssh_server([keys["rsa"]]) as two:
        boards.add("one", one)
        boards.add("two", two)
        said = boards.trust("--all", says="n\ny\n")
        assert "one was left out" in said
        assert keys["board"].public not in boards.known.read_text()
        assert keys["rsa"].public in boards.known.read_text()
