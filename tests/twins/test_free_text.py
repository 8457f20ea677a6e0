"""Whatever a person writes in a free text field arrives as it is, and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from jetfleet.spec.load import load
from tests.support.lab import CAMPAIGN, Lab, Spec, no_reboot

HOST = "orin"
RAN = "/tmp/JETFLEET_RAN"

TOKENS = (
    f"$(touch {RAN})", f"`touch {RAN}`", f"; touch {RAN} ;", f"& touch {RAN} &", f"| touch {RAN}",
    "'", '"', "''", "\\", "\\n", "\\'", " ", "   ", "%n", "%%", "%h", "%s",
    "$HOME", "${PATH}", "$$", "$0", "#", " # ", "=", "&&", ">", "<", "*", "~", "!", "?", ":", ": ",
    "- ", "@", ",", "{{ name }}", "{% raw %}", "{", "}", "[", "]", "&a", "*a", "<<'JETFLEET_END'",
    "JETFLEET_END", "EOF", "null", "true", "~", "0x1f", "1e3", "</url>", "é", "日本語",
    "日本語", "🤖", "ß", "\u202e", "\u00a0", "\ufeff", "a", "Z", "0",
)  # fmt: skip

texts = (
    st.lists(st.sampled_from(TOKENS), min_size=1, max_size=8)
    .map("".join)
    .filter(lambda text: not text.startswith("-"))
)

WORST = [
    f"$(touch {RAN})", f"`touch {RAN}`", f"'; touch {RAN}; '", f'"; touch {RAN}; "', "it's \"5\" %",
    " leading and trailing ", "\\", "%n %i %%", "JETFLEET_END", "null", "日本語 🤖", "# no comment",
]  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("text"), [HOST], no_reboot)
    yield lab
    lab.down()


@settings(
    max_examples=12 if CAMPAIGN else 1,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(values=st.lists(texts, min_size=12, max_size=12))
@example(values=WORST)
def test_free_text_arrives_as_it_is(lab: Lab, values: list[str]) -> None:
    flags = {
        "tokenizer": values[0],
        "response-role": values[1],
        "allowed-local-media-path": values[2],
        "media-io-kwargs": {"image": {values[3]: values[4]}, "video": {"num_frames": -1}},
    }
    env = {f"TEXT_{number}": value for number, value in enumerate(values)}
    labels = [f"text{number}={value}" for number, value in enumerate(values[5:])]

    def edit(spec: Spec) -> None:
        spec["hosts"][HOST]["description"] = values[0]
        spec["hosts"][HOST]["services"] = {"cosmos": {"env": env, "flags": flags}}
        spec["hosts"][HOST]["docker"] = {"daemon": {"labels": labels}}

    lab.rewrite(edit)
    assert load(lab.spec).hosts[0].description == values[0]
    lab.converge()
    script = "tr '\\n\\0' '\\a\\n' < /proc/$(docker inspect -f '{{.State.Pid}}' cosmos)/environ"
    found = dict(line.split("=", 1) for line in lab.sh(HOST, script).splitlines() if "=" in line)
    assert {name: found.get(name) for name in env} == env
    options = lab.get(HOST, "/standin/options")
    assert {name: options[name] for name in flags} == flags
    assert json.loads(lab.sh(HOST, "cat /etc/docker/daemon.json"))["labels"] == labels
    assert sorted(json.loads(lab.sh(HOST, "docker info -f '{{json .Labels}}'"))) == sorted(labels)
    assert lab.plan() == {}
    assert not lab.holds(HOST, f"ls {RAN} || docker exec cosmos ls {RAN}")
    assert not Path(RAN).exists()
