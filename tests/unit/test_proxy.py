"""The HTTP proxy of a host: the files that a board gets, and who gets its password."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.render import rendered
from jetfleet.resources import Daemon, File, Model
from jetfleet.resources.base import RunOptions
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import LinkResolver, Links, Run
from jetfleet.validate import load_checked
from tests.support.canaries import leaks
from tests.support.rendered import content, docker, fleet, invented, of
from tests.support.specs import problems

PASSWORD = "canary p@ss/%&1"  # noqa: S105 - made up
ENCODED = "canary%20p%40ss%2F%25%261"
ADDRESS = "http://proxy.lab:3128"
PROXY = {
    "http": ADDRESS, "https": ADDRESS, "none": [".lab", "10.0.0.0/8", "nas.lab"],
}  # fmt: skip
LOGIN = {**PROXY, "user": "jet@lab", "password": {"env": "PROXY_PASSWORD"}}
PATHS = (
    "/etc/jetfleet-proxy.env",
    "/etc/profile.d/jetfleet-proxy.sh",
    "/etc/apt/apt.conf.d/90jetfleet-proxy",
)
SERVICE = {"runtime": "container", "image": "ghcr.io/a/b:1", "probe": {"port": 80}}


def wanted(folder: Path, proxy: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    host = {
        "module": "orin-nano-super", "jetpack": "6.2", "address": "192.0.2.1", "docker": {},
        "models": {"use": ["m"]}, **({"proxy": proxy} if proxy else {}), **more,
    }  # fmt: skip
    models = {"m": {"source": "hf:a/b"}}
    return of(folder, json.dumps({"version": 1, "models": models, "hosts": {"a": host}}), "a")


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", PASSWORD)


def test_a_host_without_proxy_has_no_file_of_one(tmp_path: Path) -> None:
    found = wanted(tmp_path, None)
    assert not [key for key in found if "proxy" in key]
    assert "proxy" not in content(found, "/etc/systemd/system/docker.service.d/jetfleet.conf")
    assert found["daemon:docker"].proxy is None


def test_programs_apt_and_shells_get_the_address(tmp_path: Path) -> None:
    found = wanted(tmp_path, PROXY)
    variables = content(found, PATHS[0]).splitlines()
    none = "localhost,127.0.0.1,::1,.lab,10.0.0.0/8,nas.lab"
    assert variables == [
        f"HTTP_PROXY={ADDRESS}", f"http_proxy={ADDRESS}",
        f"HTTPS_PROXY={ADDRESS}", f"https_proxy={ADDRESS}",
        f"NO_PROXY={none}", f"no_proxy={none}",
    ]  # fmt: skip
    assert f"export https_proxy={ADDRESS}\n" in content(found, PATHS[1])
    apt = content(found, PATHS[2]).splitlines()
    assert f'Acquire::http::Proxy "{ADDRESS}";' in apt
    assert 'Acquire::https::Proxy::nas.lab "DIRECT";' in apt
    assert not [line for line in apt if "10.0.0.0" in line], "apt knows no networks"
    assert found[f"file:{PATHS[0]}"].mode == "600"
    assert [found[f"file:{path}"].mode for path in PATHS[1:]] == ["644", "644"]


def test_one_scheme_alone_is_the_other_ones_way_past_it(tmp_path: Path) -> None:
    found = wanted(tmp_path, {"http": ADDRESS})
    assert "https" not in content(found, PATHS[0]).lower()
    assert 'Acquire::https::Proxy "DIRECT";' in content(found, PATHS[2])


@pytest.mark.usefixtures("password")
def test_a_password_is_encoded_and_in_files_of_root_alone(tmp_path: Path) -> None:
    found = wanted(tmp_path, LOGIN)
    url = f"http://jet%40lab:{ENCODED}@proxy.lab:3128"
    for path in PATHS:
        file = found[f"file:{path}"]
        assert isinstance(file, File)
        assert url in file.content
        assert (file.mode, file.secret) == ("600", True)
    others = [
        text for key, one in found.items() for text in one.texts.values()
        if key not in {f"file:{path}" for path in PATHS}
    ]  # fmt: skip
    assert others
    assert not [text for text in others if "canary" in text]


def test_without_its_password_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROXY_PASSWORD", raising=False)
    found = wanted(tmp_path, LOGIN)
    for path in PATHS:
        assert "PROXY_PASSWORD has no secret" in found[f"file:{path}"].unreadable
    assert found["daemon:docker"].proxy == ""


@pytest.mark.usefixtures("password")
def test_a_rendering_shows_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_PASSWORD", "canary-of-a-registry")
    registries = {"ghcr.io": {"user": "me", "password": {"env": "REGISTRY_PASSWORD"}}}
    asks = {**SERVICE, "proxy": True}
    wanted(tmp_path, LOGIN, registries=registries, services={"asks": asks})
    path = tmp_path / "spec.yaml"
    (host,) = rendered(fleet(path, invented(load_checked(path)[0].models)))
    hidden = [name for name, text in host.files.items() if "http://jet%40lab:***@proxy" in text]
    assert hidden == sorted((*PATHS, "/etc/jetfleet/asks/env"))
    shown = {**host.files, "host": repr(host), "resources": repr(host.resources)}
    assert leaks([PASSWORD, "canary-of-a-registry"], shown) == []
    assert {"env PROXY_PASSWORD"} <= set(host.secrets)


@pytest.mark.usefixtures("password")
def test_the_engine_reads_the_variables_and_starts_again_for_others(tmp_path: Path) -> None:
    found = wanted(tmp_path, LOGIN)
    drop_in = content(found, "/etc/systemd/system/docker.service.d/jetfleet.conf")
    assert "EnvironmentFile=-/etc/jetfleet-proxy.env\n" in drop_in
    daemon = found["daemon:docker"]
    assert isinstance(daemon, Daemon)
    assert daemon.proxy == found[f"file:{PATHS[0]}"].sha256
    assert "file:/etc/jetfleet-proxy.env" in daemon.depends_on
    assert "canary" not in repr(daemon)


@pytest.mark.usefixtures("password")
def test_a_fetch_reads_the_variables_on_the_board(tmp_path: Path) -> None:
    model = wanted(tmp_path, LOGIN)["model:m"]
    assert isinstance(model, Model)
    script = Fetch(model, model.files).script(Links({}))
    assert '"proxy": "/etc/jetfleet-proxy.env"' in script
    assert "canary" not in script
    plain = wanted(tmp_path, None)["model:m"]
    assert '"proxy": ""' in Fetch(plain, plain.files).script(Links({}))


@pytest.mark.usefixtures("password")
def test_pip_reads_the_variables_on_the_board(tmp_path: Path) -> None:
    def script(proxy: dict[str, Any] | None) -> str:
        actual = False
        venv = wanted(tmp_path, proxy, monitoring={"jtop": True})["venv:jtop"]
        step = next(venv.steps(actual, [], RunOptions(), LinkResolver(lambda *_: Links({}))))
        assert isinstance(step, Run)
        return step.script

    assert "set -a; . /etc/jetfleet-proxy.env; set +a\n" in script(LOGIN)
    assert "canary" not in script(LOGIN)
    assert "jetfleet-proxy" not in script(None)


@pytest.mark.usefixtures("password")
def test_a_container_gets_it_only_if_it_asks(tmp_path: Path) -> None:
    asks = {**SERVICE, "proxy": True, "env": {"no_proxy": "own", "A": "1"}}
    found = wanted(tmp_path, LOGIN, services={"asks": asks, "other": {**SERVICE, "port": 81}})
    env = found["file:/etc/jetfleet/asks/env"]
    assert env.mode == "600"
    lines = env.content.splitlines()
    assert f"https_proxy=http://jet%40lab:{ENCODED}@proxy.lab:3128" in lines
    assert "no_proxy=own" in lines, "what the service says itself counts"
    assert "canary" not in " ".join(docker(found, "asks"))
    assert "file:/etc/jetfleet/other/env" not in found


HOST = {"module": "orin-nano-super", "jetpack": "6.2", "address": "192.0.2.1"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"proxy": {"none": [".lab"]}}, "found a proxy without an address"),
        ({"proxy": {"http": ADDRESS, "password": {"env": "P"}}}, "found a password without a user"),
        (
            {"proxy": PROXY, "docker": {"daemon": {"proxies": {"http-proxy": ADDRESS}}}},
            "found proxies of daemon.json beside `proxy`",
        ),
        (
            {"services": {"x": {**SERVICE, "proxy": True}}},
            "found a service that takes the proxy of its host, expected a host with `proxy`",
        ),
        ({"proxy": {"http": "http://jet@proxy.lab:3128"}}, "its login is `user` and"),
        ({"proxy": {"http": "http://j:canary-1@p.lab:3128"}}, "a secret that is written in the"),
        ({"proxy": {"http": "proxy.lab:3128"}}, "expected the URL of a proxy"),
        ({"proxy": {"http": ADDRESS, "user": "j", "password": "canary-1"}}, "a secret that is"),
        ({"proxy": {"http": ADDRESS, "none": ["a,b"]}}, "write one per item"),
    ],
)
def test_a_proxy_that_cannot_be_is_refused(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    found = [str(one) for one in problems(tmp_path, {}, {"a": {**HOST, **more}})]
    assert len(found) == 1, found
    assert said in found[0]
    assert "canary" not in found[0]


def test_a_user_without_password_is_one(tmp_path: Path) -> None:
    found = wanted(tmp_path, {"http": ADDRESS, "user": "jet"})
    assert "HTTP_PROXY=http://jet@proxy.lab:3128\n" in content(found, PATHS[0])
