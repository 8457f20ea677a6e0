"""A lock asks a real registry: with a login of both kinds, without TLS, and refused in each way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs.image_registry import resolve_image
from jetfleet.spec.registry import Registry as Written
from jetfleet.workstation.workstation import Workstation
from tests.support.docker_registry import OTHER, PASSWORD, PRIVATE, USER, Registry, registry
from tests.support.http_proxy import http_proxy
from twins.standins import ca

Run = Callable[..., Registry]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a registry of some kind, once each, with a private image."""
    found: dict[tuple[str, bool], Registry] = {}
    with ExitStack() as running:

        def of(kind: str, *, tls: bool = False) -> Registry:
            if (kind, tls) not in found:
                folder = tmp_path_factory.mktemp(f"registry-{kind}")
                one = running.enter_context(registry(folder, kind, tls=tls))
                found[kind, tls] = one
                if not tls:
                    one.push(PRIVATE, "1")
            return found[kind, tls]

        yield of


def station(*, ca_file: Path | None = None, **secrets: str) -> Workstation:
    return Workstation(known_hosts=Path("known_hosts"), secrets=secrets, ca=ca_file)


def written(user: str = "", *, insecure: bool = True) -> Written:
    login = {"user": user, "password": {"env": "TOKEN"}} if user else {}
    return Written.model_validate({**login, "insecure": insecure})


def refused(reference: str, station: Workstation, what: Any = None) -> str:
    with pytest.raises(FleetError) as caught:
        resolve_image(reference, station, what)
    assert "canary" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_a_private_image_is_locked_with_a_login(run: Run, kind: str) -> None:
    one = run(kind)
    locked = resolve_image(f"{one.host}/{PRIVATE}:1", station(TOKEN=PASSWORD), written(USER))
    assert locked.entrypoint == ("/app",)
    assert locked.digest.startswith("sha256:")
    assert (USER, f"repository:{PRIVATE}:pull") in one.asked or kind == "basic"


def test_an_image_without_login_needs_none(run: Run) -> None:
    one = run("")
    assert resolve_image(f"{one.host}/{PRIVATE}:1", station(), written()).size == 0
    assert "has no image own/app with 2" in refused(f"{one.host}/{PRIVATE}:2", station(), written())


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_without_a_login_it_is_named(run: Run, kind: str) -> None:
    one = run(kind)
    said = refused(f"{one.host}/{PRIVATE}:1", station(), written())
    assert f"registries: {{{one.host}: {{user: NAME, password: {{env: NAME}}}}}}" in said


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_a_wrong_password_is_named(run: Run, kind: str) -> None:
    one = run(kind)
    side = station(TOKEN="wrong-canary")  # noqa: S106 - made up
    said = refused(f"{one.host}/{PRIVATE}:1", side, written(USER))
    assert f"{one.host} refuses the login of {USER}: check `user` and `password`" in said


def test_a_user_without_the_right_is_named(run: Run) -> None:
    one, (user, password) = run("bearer"), OTHER
    said = refused(f"{one.host}/{PRIVATE}:1", station(TOKEN=password), written(user))
    assert f"{one.host} does not let {user} read {PRIVATE}" in said


def test_an_image_that_is_not_there_is_named_to_a_user_too(run: Run) -> None:
    one = run("basic")
    said = refused(f"{one.host}/{PRIVATE}:2", station(TOKEN=PASSWORD), written(USER))
    assert f"has no image {PRIVATE} with 2 that {USER} may read" in said


def test_a_missing_secret_is_named_and_only_read_when_asked_for(run: Run) -> None:
    open_one, closed = run(""), run("basic")
    assert resolve_image(f"{open_one.host}/{PRIVATE}:1", station(), written(USER))
    said = refused(f"{closed.host}/{PRIVATE}:1", station(), written(USER))
    assert "the environment variable TOKEN has no secret" in said


def test_http_must_be_written(run: Run) -> None:
    one = run("")
    said = refused(f"{one.host}/{PRIVATE}:1", station(), written(insecure=False))
    assert f"answers with HTTP, without TLS: write `registries: {{{one.host}: {{ins" in said


def test_an_unknown_authority_is_named(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    one = run("", tls=True)
    other = ca.ca_file(tmp_path_factory.mktemp("authority"))
    reference = f"{one.host}/{PRIVATE}:1"
    said = refused(reference, station(ca_file=other), written(insecure=False))
    assert f"does not trust the certificate of {one.host}" in said
    assert f"/etc/docker/certs.d/{one.host}/ca.crt" in said
    assert "has no image" in refused(reference, station(ca_file=other), written())


def test_an_image_for_another_machine_is_refused(run: Run) -> None:
    one = run("basic")
    one.push(PRIVATE, "amd", "amd64")
    side = station(TOKEN=PASSWORD)
    said = refused(f"{one.host}/{PRIVATE}:amd", side, written(USER))
    assert "is built for amd64, not for arm64" in said


def test_the_proxy_of_the_workstation_is_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own variables count for a lock, as for any program on it."""
    one = run("basic")
    place = ("127.0.0.1", int(one.host.rpartition(":")[2]))
    with http_proxy("me:canary", {"registry.lab": place}) as proxy:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://me:canary@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        reference = f"registry.lab:{place[1]}/{PRIVATE}:1"
        assert resolve_image(reference, station(TOKEN=PASSWORD), written(USER))
        assert set(proxy.asked) == {f"registry.lab:{place[1]}"}
        assert proxy.carried
