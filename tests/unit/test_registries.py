"""Registries in a spec: what the engine gets, who logs in, and what a refused pull means."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.resources import Image
from jetfleet.resources.base import RunOptions
from jetfleet.resources.image import ImageState
from jetfleet.spec.secret import SecretRef
from jetfleet.steps import Links, Result, Run, Watch
from jetfleet.steps.link import LinkResolver
from jetfleet.steps.pull import Pull
from jetfleet.steps.registry_login import RegistryLogin
from jetfleet.workstation.workstation import Workstation
from tests.support.rendered import of
from tests.support.specs import problems

TOKEN = "canary-registry-1 $x"  # noqa: S105 - made up
LOGIN = {"user": "$oauthtoken", "password": {"env": "REGISTRY_TOKEN"}}
HOST = {"module": "orin-nano-super", "jetpack": "6.2", "address": "192.0.2.1", "docker": {}}
SERVICE = {"runtime": "container", "image": "registry.lab:5000/own/app:1", "probe": {"port": 80}}


def wanted(folder: Path, **more: Any) -> dict[str, Any]:
    host = {**HOST, "services": {"x": SERVICE}, **more}
    return of(folder, json.dumps({"version": 1, "hosts": {"a": host}}), "a")


def settings(found: dict[str, Any]) -> dict[str, Any]:
    daemon: dict[str, Any] = json.loads(found["daemon:docker"].settings)
    return daemon


def test_the_engine_gets_mirrors_and_insecure_registries(tmp_path: Path) -> None:
    registries = {
        "docker.io": {"mirrors": ["http://mirror.lab:5000", "https://mirror.example"]},
        "registry.lab:5000": {"insecure": True},
        "nvcr.io": LOGIN,
    }
    found = settings(wanted(tmp_path, registries=registries))
    assert found["registry-mirrors"] == ["http://mirror.lab:5000", "https://mirror.example"]
    assert found["insecure-registries"] == ["registry.lab:5000"]
    assert "canary" not in json.dumps(found)
    assert not {"registry-mirrors", "insecure-registries"} & settings(wanted(tmp_path)).keys()


def scripts(image: Image, resolver: LinkResolver) -> list[str]:
    """The scripts of a pull, until it is watched."""
    absent = ImageState(present=False, tagged=False)
    changes = image.compare(absent, RunOptions())
    steps = image.steps(absent, changes, RunOptions(), resolver)
    found, step = [], next(steps)
    while not isinstance(step, Watch):
        assert isinstance(step, Run)
        found.append(step.script)
        step = steps.send(Result(ok=True, out="1000000000000\n"))
    return found


def test_the_login_is_read_for_a_pull_and_only_its_unit_has_it(tmp_path: Path) -> None:
    image = wanted(tmp_path, registries={"registry.lab:5000": LOGIN})[
        "image:registry.lab:5000/own/app:1"
    ]
    asked: list[tuple[str, str]] = []

    def password(registry: str, reference: SecretRef) -> str:
        asked.append((registry, reference.value))
        return TOKEN

    *_, start = scripts(image, LinkResolver(lambda *_: Links({}), password))
    assert asked == [("registry.lab:5000", "REGISTRY_TOKEN")]
    assert "-p RuntimeDirectoryMode=0700" in start
    assert f"-p RuntimeDirectory={image.unit} " in start
    # The script travels on standard input; no command of it has the login among its words.
    auth = base64.b64encode(f"$oauthtoken:{TOKEN}".encode()).decode()
    assert start.count(auth) == 1
    assert TOKEN not in start
    assert not re.search(rf"(systemd-run|docker|echo|printf)[^\n]*{re.escape(auth)}", start)
    assert "canary" not in repr(image)


def test_without_a_login_a_pull_asks_for_no_secret(tmp_path: Path) -> None:
    image = wanted(tmp_path)["image:registry.lab:5000/own/app:1"]
    assert image.login is None
    *_, start = scripts(image, LinkResolver(lambda *_: Links({})))
    assert "RuntimeDirectory" not in start
    assert "DOCKER_CONFIG" not in start


def test_a_virtual_jetson_pulls_from_a_stand_in_without_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_TOKEN", "canary-of-the-real-registry")
    image = wanted(tmp_path, registries={"registry.lab:5000": LOGIN})[
        "image:registry.lab:5000/own/app:1"
    ]
    reference = image.login.password
    stand_in = {"registry.lab:5000": "https://192.0.2.2"}
    twins = Workstation(known_hosts=tmp_path, twins=True, registries=stand_in)
    *_, start = scripts(image, LinkResolver(lambda *_: Links({}), twins.pull_password))
    assert "DOCKER_CONFIG" not in start
    with pytest.raises(FleetError, match="set JETFLEET_TWIN_REGISTRY_TOKEN"):
        twins.pull_password("another.lab", reference)
    board = Workstation(known_hosts=tmp_path)
    assert board.pull_password("registry.lab:5000", reference) == "canary-of-the-real-registry"


def test_a_login_that_cannot_be_read_pulls_nothing(tmp_path: Path) -> None:
    image = wanted(tmp_path, registries={"registry.lab:5000": LOGIN})[
        "image:registry.lab:5000/own/app:1"
    ]
    with pytest.raises(FleetError, match="REGISTRY_TOKEN"):
        scripts(image, LinkResolver(lambda *_: Links({})))


@pytest.mark.parametrize(
    ("registry", "key"),
    [("nvcr.io", "nvcr.io"), ("docker.io", "https://index.docker.io/v1/"), ("a:5000", "a:5000")],
)
def test_docker_finds_the_login_of_each_registry(registry: str, key: str) -> None:
    login = RegistryLogin(registry, "me", SecretRef(kind="env", value="T"))
    (line,) = re.findall(r"^\{.*\}$", login.script("canary"), re.MULTILINE)
    assert json.loads(line)["auths"].keys() == {key}


FAILED = (
    "ActiveState=failed\nResult=exit-code\nExecMainStatus=1\n-- log\nError response from daemon: "
)
# As Docker 20.10, 26 and 28 print them.
SAID = {
    'Head "https://r.lab/v2/a/manifests/1": no basic auth credentials': (
        "r.lab requires a login for it",
        "r.lab refuses the login of me",
    ),
    'Head "https://r.lab/v2/a/manifests/1": unauthorized: authentication required': (
        "r.lab requires a login for it",
        "r.lab refuses the login of me",
    ),
    "pull access denied for r.lab/a, repository does not exist or may require 'docker login': "
    "denied: requested access to the resource is denied": (
        "or has no such image: check the name, or write `registries: {r.lab: {user",
        "r.lab does not let me read it",
    ),
    'Head "https://r.lab/v2/a/manifests/1": denied: denied': (
        "or has no such image",
        "r.lab does not let me read it",
    ),
    "manifest for r.lab/a@sha256:00 not found: manifest unknown: manifest unknown": (
        "jetfleet lock SPEC --upgrade IMAGE",
        "jetfleet lock SPEC --upgrade IMAGE",
    ),
    "toomanyrequests: You have reached your pull rate limit.": (
        "wait an hour, or write a login under registries.r.lab, and run again",
        "wait an hour, and run again",
    ),
    'Get "https://r.lab/v2/": x509: certificate signed by unknown authority': (
        "/etc/docker/certs.d/r.lab/ca.crt",
        "/etc/docker/certs.d/r.lab/ca.crt",
    ),
    'Get "https://r.lab/v2/": http: server gave HTTP response to HTTPS client': (
        "write `registries: {r.lab: {insecure: true}}`",
        "write `registries: {r.lab: {insecure: true}}`",
    ),
    'Get "https://r.lab/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: refused': (
        "check `proxy` in the spec",
        "check `proxy` in the spec",
    ),
    'Get "https://r.lab/v2/": Proxy Authentication Required': (
        "check `proxy.user` and `proxy.password`",
        "check `proxy.user` and `proxy.password`",
    ),
    "unexpected EOF": (
        "check that Docker runs and that the board reaches the registry",
        "check that Docker runs and that the board reaches the registry",
    ),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("user", ["", "me"])
def test_each_refusal_has_its_remedy(said: str, user: str) -> None:
    failed = Pull("r.lab/a:1", "jetfleet-pull-1", user).judge(f"{FAILED}{said}\n").failed
    assert SAID[said][bool(user)] in failed
    assert failed.endswith("and run again")


@pytest.mark.parametrize(
    ("registries", "said"),
    [
        ({"r.lab": {"user": "me"}}, "found a user without a password"),
        ({"r.lab": {"password": {"env": "T"}}}, "found a password without a user"),
        ({"r.lab": {"user": "me", "password": "canary-1"}}, "a secret that is written in the spec"),
        ({"r.lab": {"mirrors": ["https://m.lab"]}}, "expected mirrors of docker.io alone"),
        ({"index.docker.io": {}}, "write docker.io"),
        ({"https://r.lab": {}}, "write it as images name it"),
        ({"r.lab/team": {}}, "write it as images name it"),
        ({"registry": {}}, "write its whole host or its port"),
        ({"r.lab": {"insecur": True}}, "insecure"),
    ],
)
def test_a_registry_that_cannot_be_is_refused(
    tmp_path: Path, registries: dict[str, Any], said: str
) -> None:
    found = [str(one) for one in problems(tmp_path, {}, {"a": {**HOST, "registries": registries}})]
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize("key", ["mirrors", "insecure"])
def test_the_engine_must_be_ours_and_a_list_is_in_one_place(tmp_path: Path, key: str) -> None:
    value = {"mirrors": ["https://m.lab"], "insecure": True}[key]
    own = {"mirrors": "registry-mirrors", "insecure": "insecure-registries"}[key]
    host = {**HOST, "registries": {"docker.io": {key: value}}}
    (alone,) = problems(tmp_path, {}, {"a": {**host, "docker": None}})
    assert f"{key} of docker.io on a host without `docker`" in str(alone)
    assert alone.warning
    (twice,) = problems(tmp_path, {}, {"a": {**host, "docker": {"daemon": {own: ["m.lab"]}}}})
    assert f"write each as `{key}` of its registry" in str(twice)
