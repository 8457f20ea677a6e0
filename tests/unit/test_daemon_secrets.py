"""The passwords of others in daemon.json: not shown, not changed."""

from __future__ import annotations

import base64
import json

import pytest

from jetfleet.redaction import mask_settings, redact
from jetfleet.resources import Change, Daemon, RunOptions
from jetfleet.resources.daemon.merge import part
from jetfleet.resources.daemon.state import check_json, read_daemon
from jetfleet.steps import Refused

WANTED = {"log-opts": {"max-size": "50m"}, "runtimes": {"nvidia": {"path": "n", "args": []}}}
UNIT = "Id=docker.service\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n"


def survey(config: bytes) -> str:
    return f"docker.io=26.1\n/etc/docker/daemon.json {base64.b64encode(config).decode()}\n{UNIT}"


def diffs(config: bytes) -> list[tuple[str, str]]:
    daemon = Daemon(settings=json.dumps(WANTED), drop_in="")
    changes = daemon.compare(read_daemon(survey(config)), RunOptions(diff=True))
    return [change.diff for change in changes if change.diff]


def test_a_difference_has_the_managed_keys_alone() -> None:
    have = {
        "registry-mirrors": ["https://ann:canary-1@mirror.example"],
        "log-opts": {"max-size": "10m", "splunk-token": "canary-2"},
        "runtimes": {"nvidia": {"path": "n", "runtimeArgs": []}, "own": {"path": "canary-3"}},
        "hosts": ["canary-4"],
    }
    found = diffs(json.dumps(have).encode())
    assert found
    for old, new in found:
        assert "canary" not in old + new
        assert json.loads(old) == {
            "log-opts": {"max-size": "10m"},
            "runtimes": {"nvidia": {"path": "n", "runtimeArgs": []}},
        }
        assert json.loads(new)["log-opts"] == {"max-size": "50m"}
        assert json.loads(new)["runtimes"] == {"nvidia": {"path": "n", "runtimeArgs": []}}


def test_a_difference_of_a_missing_file_begins_with_nothing() -> None:
    assert {old for old, _ in diffs(b"{}")} == {""}


def test_a_part_has_a_key_as_the_board_spells_it() -> None:
    assert part({"graph": "/x", "a": 1}, [("data-root",), ("b",)]) == {"graph": "/x"}
    assert part({"a": {"b": {"c": 1, "d": 2}}}, [("a", "b", "c"), ("a", "x", "y")]) == {
        "a": {"b": {"c": 1}}
    }


@pytest.mark.parametrize("config", ['{"a": "caf\xe9"}'.encode("latin-1"), b'\xff\xfe{\0"\0'])
def test_a_file_that_is_not_utf8_is_refused_with_a_sentence(config: bytes) -> None:
    daemon = Daemon(settings=json.dumps(WANTED), drop_in="")
    with pytest.raises(Refused, match=r"daemon.json is not text in UTF-8.*not overwritten"):
        daemon.compare(read_daemon(survey(config)), RunOptions())


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' + "1" * 5000 + "}", "{", "[]"])
def test_a_file_that_json_cannot_read_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused, match="it is not overwritten"):
        check_json(text, "/etc/docker/daemon.json")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"splunk-token": "canary"}', '{"splunk-token": "***"}'),
        ("DB_PASSWORD=canary\n", "DB_PASSWORD=***\n"),
        ("api_key: 'canary'\n", "api_key: '***'\n"),
        ("http-proxy: http://ann:canary@p", "http-proxy: http://ann:***@p"),
        ("max-num-batched-tokens: 4096\n", "max-num-batched-tokens: 4096\n"),
        ("tokenizer: qwen\nkey: {env: A}\n", "tokenizer: qwen\nkey: {env: A}\n"),
        ("TOKEN: {env: A}\nsecret: null\n", "TOKEN: {env: A}\nsecret: null\n"),
    ],
)
def test_every_difference_masks_what_looks_like_a_secret(text: str, shown: str) -> None:
    assert Change("content", "a", "b", diff=(text, text)).diff == (shown, shown)
    assert mask_settings(shown) == shown


def test_a_file_that_a_survey_prints_is_masked_as_a_whole_if_it_holds_a_key() -> None:
    for text, hidden in (
        ('{"hosts": [], "registry-mirrors": ["https://ann:canary@mirror.example"]}', True),
        ('{"data-root": "/mnt/nvme/docker", "default-runtime": "nvidia", "a": 1}', False),
    ):
        line = f"/etc/docker/daemon.json {base64.b64encode(text.encode()).decode()}"
        assert (redact(line) == "/etc/docker/daemon.json ***") is hidden


SECRET = {
    "registry-mirrors": ["https://ann:canary-1@mirror.example"],
    "proxies": {"http-proxy": "http://ann:canary-2@proxy.example:3128", "no-proxy": "canary-3"},
    "log-driver": "splunk",
    "log-opts": {"max-size": "10m", "splunk-token": "canary-4", "gelf-address": "canary-5"},
    "hosts": ["tcp://canary-6:2376"],
    "runtimes": {"own": {"path": "/canary-7", "runtimeArgs": ["--token=canary-8"]}},
}


@pytest.mark.parametrize("options", [RunOptions(diff=True), RunOptions()])
def test_nothing_of_others_is_in_a_change_or_a_note(options: RunOptions) -> None:
    """The whole file reaches the workstation for the merge, and stays in the survey's state."""
    daemon = Daemon(settings=json.dumps(WANTED), drop_in="")
    text = json.dumps(SECRET).encode()
    started = f"/run/jetfleet/docker-started-with.json {base64.b64encode(text).decode()}\n"
    state = read_daemon(started + survey(text))
    assert state.started_with == state.config == text.decode()
    changes = daemon.compare(state, options)
    assert changes
    assert "canary" not in repr(changes)
    assert "canary" not in repr([daemon.sentence(change, state) for change in changes])
    assert "canary" not in repr(daemon.notes(state))
    assert "canary" not in repr(state), "an exception would show it"
    assert "canary" not in repr(daemon.observed(state))


def test_a_file_that_is_refused_is_not_shown() -> None:
    daemon = Daemon(settings=json.dumps(WANTED), drop_in="")
    state = read_daemon(survey(json.dumps(SECRET).encode() + b"}"))
    with pytest.raises(Refused) as refused:
        daemon.compare(state, RunOptions(diff=True))
    assert "canary" not in str(refused.value)
