"""What never leaves a board that was set up by hand: hidden there, by the real filter."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tempfile
from contextlib import suppress
from typing import Any

import pytest

from jetfleet.resources import Daemon, RunOptions
from jetfleet.resources.adopted.container import read_containers
from jetfleet.resources.adopted.hiding import hidden_in, hiding
from jetfleet.resources.adopted.inspected import Host
from jetfleet.resources.adopted.service import facts_of_unit, read_shown
from jetfleet.runtimes.folders import ROOT

CANARY = "canary-Of-Somebody"
RANDOM = "q7Xz2Lm9Kd4Rt8Vb1Ns6"
"""As a generator of keys makes one: it has no telling name and no known form."""

ID = hashlib.sha256(b"container").hexdigest()
IMAGE = "sha256:" + hashlib.sha256(b"image").hexdigest()
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5LWNhbmFyeQ"


def filtered(text: str, *known: str) -> str:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            ["sh"], input=f"cat {file.name} | {hiding(known)}",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def row(**more: Any) -> str:
    host: dict[str, Any] = dict.fromkeys(Host.model_fields)
    host |= {"AutoRemove": False, "Privileged": False, "Memory": 0, "ShmSize": 0}
    host |= dict.fromkeys(("IpcMode", "NetworkMode", "PidMode", "Runtime"), "")
    known = {
        "name": "/web", "id": ID, "image_id": IMAGE, "image": "a/b:c",
        "path": "serve", "args": [], "tty": False, "user": "", "labels": {}, "status": "running",
        "mounts": [], "host": host,
    }  # fmt: skip
    return json.dumps({**known, **more}) + "\n"


def env(setting: str) -> str:
    return row() + f"env /web {json.dumps(setting)}\n"


def args(*words: str) -> str:
    return row(args=list(words))


def words(*given: str) -> str:
    return row() + f"process {ID} 7\n" + "".join(f"word {word}\n" for word in given)


def unit(**more: str) -> str:
    shown = {"Id": "own.service", "LoadState": "loaded", "ActiveState": "active", **more}
    return "".join(f"{name}={value}\n" for name, value in shown.items())


def daemon(settings: Any) -> str:
    encoded = base64.b64encode(json.dumps(settings).encode()).decode()
    return f"/etc/docker/daemon.json {encoded}\n"


SHAPES = {
    # The 21 shapes of the review, and those around them.
    "vllm's underscore": args("--api_key", CANARY),
    "vllm's dash": args("--api-key", CANARY),
    "equals": args(f"--api-key={CANARY}"),
    "underscore, equals": args(f"--api_key={CANARY}"),
    "auth": args("--auth-token", CANARY),
    "auth, equals": args(f"--auth_token={CANARY}"),
    "hf": args("--hf-token", CANARY),
    "keyfile's password": args("--ssl-keyfile-password", CANARY),
    "PSK": env(f"WIFI_PSK={CANARY}"),
    "KEY inside": env(f"API_KEY_PROD={CANARY}"),
    "PWD": env(f"DB_PWD={CANARY}"),
    "PASS": env(f"PASS={CANARY}"),
    "TOKEN": env(f"MY_TOKEN={CANARY}"),
    "URL without user": env(f"REDIS_URL=redis://:{CANARY}@h"),
    "URL with user": env(f"HTTP_PROXY=http://me:{CANARY}@proxy:3128"),
    "URL with a slash in it": env(f"HTTPS_PROXY=http://me:a/{CANARY}@proxy:3128"),
    "a name that tells nothing": env(f"GREETING={CANARY}"),
    "lines": env(f"NOTE=two words {CANARY}\nand a line"),
    "lower case": env(f"app_setting={CANARY}"),
    "a harmless name with a key": env("LOG_LEVEL=nvapi-canarycanarycanary12"),
    "a harmless name, random": env(f"HOSTNAME={RANDOM}"),
    "JWT": args("--header", f"X-Session: {JWT}"),
    "JWT alone": args(JWT),
    "bearer": args("-H", f"Authorization: Bearer {CANARY}"),
    "basic": args("-H", "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ=="),
    "bearer in a script": args("-c", f'curl -H "Authorization: Bearer {CANARY}" http://x'),
    "header": args("-H", f"X-Api-Key: {CANARY}"),
    "quoted": args("-c", f"serve --api-key '{CANARY} more' --port 1"),
    "double quotes": args("-c", f'serve --api_key="{CANARY} more"'),
    "export": args("-c", f"export HF_TOKEN={CANARY}; vllm serve"),
    "assignment before a program": args("-c", f"GREETING={CANARY} exec serve"),
    "quoted assignment": args("-c", f"export A_B='{CANARY} more'; serve"),
    "-e": args("docker", "run", "-e", f"GREETING={CANARY}"),
    "--env=": args("docker", "run", f"--env=GREETING={CANARY}"),
    "user and password": args("-u", f"ann:{CANARY}"),
    "user in a script": args("-c", f"curl -u ann:{CANARY} http://x"),
    "sshpass": row(path="sshpass", args=["-p", CANARY, "ssh", "x"]),
    "sshpass in a script": args("-c", f"sshpass -p {CANARY} ssh x"),
    "mysql": row(path="/usr/bin/mysql", args=[f"-p{CANARY}"]),
    "redis": row(path="redis-server", args=["--requirepass", CANARY]),
    "JSON": args("--config", json.dumps({"a": {"api_key": CANARY}})),
    "JSON in a script": args("-c", f'serve --config \'{{"token": "{CANARY}"}}\''),
    "camel case": args("--apiKey", CANARY),
    "one dash": args("-token", CANARY),
    "begins with a dash": args("--api-key", f"-{CANARY}"),
    "random word": args("--session-name", RANDOM),
    "random word alone": args(RANDOM),
    "hex": args("--tag", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    "GitLab": args("glpat-canary_canary_canary1"),
    "process": words("serve", "--api_key", CANARY, "--port", "1"),
    "process, equals": words("serve", f"--password={CANARY}"),
    "process, script": words("sh", "-c", f"serve --hf_token {CANARY}"),
    "label": row(labels={"com.example.token": CANARY, "note": RANDOM}),
    "label that is of use": row(labels={"com.docker.compose.project": RANDOM}),
    "mount": row(mounts=[{"Type": "bind", "Source": f"/data/{RANDOM}/x", "Destination": "/d"}]),
    "mount inside": row(mounts=[{"Type": "bind", "Source": "/d", "Destination": f"/{RANDOM}"}]),
    "volume": row(mounts=[{"Type": "volume", "Name": RANDOM, "Source": "/v", "Destination": "/d"}]),
    "unit's variable": unit(Environment=f"OLLAMA_HOST=0.0.0.0 X_PASSWORD={CANARY}"),
    "unit's variable with blanks": unit(Environment=f'"GREETING=a {CANARY}" LANG=C'),
    "unit's command": unit(
        ExecStart=f"{{ path=/x ; argv[]=/x --api_key {CANARY} ; ignore_errors=no ; }}"
    ),
    "unit's command after a semicolon": unit(
        ExecStart="{ path=/bin/sh ; argv[]=/bin/sh -c docker rm -f x ; docker run "
        f"-e HF_TOKEN={CANARY} x ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 "
        "; code=(null) ; status=0/0 }"
    ),
    "script of a unit": f"starts vllm.service docker run -e HF_TOKEN={CANARY} --name x i\n",
    "own command of a container": row(cmd=["serve", "--token", CANARY]),
    "own entrypoint of a container": row(entrypoint=["sh", "-c", f"HF_TOKEN={CANARY} serve"]),
    "unit's URL": unit(ExecStart=f"{{ path=/x ; argv[]=/x redis://:{CANARY}@h ; pid=0 }}"),
    "daemon.json, URL": daemon({"registry-mirrors": [f"https://ann:{CANARY}@mirror"]}),
    "daemon.json, name": daemon({"log-opts": {"splunk-token": CANARY}}),
    "daemon.json, list": daemon({"x-secrets": [{"value": [CANARY]}], "labels": [f"key={CANARY}"]}),
    "daemon.json that is broken": "/etc/docker/daemon.json "
    + base64.b64encode(f'{{"token": "{CANARY}"'.encode()).decode() + "\n",
    "fstab": f"fstab //nas/x /x cifs user=ann,password={CANARY} 0 0\n",
    "a line of no known kind": f"what --token {CANARY}\n",
}  # fmt: skip


def decoded(text: str) -> str:
    """The text, and what it has as base64."""
    parts = [text]
    for word in text.split():
        with suppress(ValueError):
            parts.append(base64.b64decode(word, validate=True).decode(errors="replace"))
    return "\n".join(parts)


@pytest.mark.parametrize("name", SHAPES)
def test_no_secret_passes(name: str) -> None:
    said = decoded(filtered(SHAPES[name]))
    for part in (CANARY, RANDOM, JWT, "canary", "Y2FuYX", "0f1e2d3c"):
        assert part.lower() not in said.lower()
    if name != "label":  # which is left out
        assert "***" in said
        hidden = hidden_in(said)
        assert hidden
        assert all(": " in line for line in hidden)


def test_what_the_image_sets_is_left_out_and_what_differs_is_hidden() -> None:
    image = IMAGE
    text = (
        row()
        + 'env /web "APP_TOKEN=of-the-image"\nenv /web "OTHER=canary-2"\nenv /web "LANG=C"\n'
        + f'{{"digests": [], "image_id": "{image}"}}\n'
        + f'image-env {image} "APP_TOKEN=of-the-image"\nimage-env {image} "OTHER=canary-1"\n'
    )
    said = filtered(text)
    assert "of-the-image" not in said
    assert "canary" not in said
    (found,) = read_containers(said)
    assert found.env == {"OTHER": "***", "LANG": "C"}
    assert hidden_in(said) == ["the container web: variable OTHER"]


HARMLESS = [
    args("serve", "/models/cosmos-reason2-2b_v1208-fp8-static-kv8", "--max-model-len", "8192"),
    args("--tokenizer", "/models/x", "--max-num-batched-tokens", "4096", "--skip-tokenizer-init"),
    args("--long-prefill-token-threshold", "2048", "--trust-remote-code"),
    args("serve", "/root/hub/models--Qwen--Qwen3-0.6B/snapshots/" + "a1" * 20),
    args("--served-model-name", "DeepSeekR1DistillQwen32B", "nvidia/Cosmos-Reason2-2B-FP8"),
    args("--media-io-kwargs", '{"video": {"num_frames": -1}}'),
    args("-c", "cd /app && python3 -m http.server 8080 --bind 0.0.0.0"),
    env("NVIDIA_VISIBLE_DEVICES=all"),
    env("OLLAMA_KEEP_ALIVE=5m"),
    env("TOKENIZERS_PARALLELISM=true"),
    env("EMPTY="),
    words("vllm", "serve", "--gpu-memory-utilization", "0.8", "--api-key-file", "/run/k"),
    row(mounts=[{"Type": "volume", "Name": "a1" * 32, "Source": "/v", "Destination": "/d"}]),
    unit(Environment="OLLAMA_HOST=0.0.0.0 LANG=C.UTF-8"),
    "docker.io=26.1.5+dfsg1-9\nMainPID=99\n/proc/99/environ:JETFLEET_STARTED_WITH=" + "a1" * 32
    + "\n",
    daemon({"data-root": "/mnt/nvme/docker", "runtimes": {"nvidia": {"path": "n", "args": []}}}),
    "mount /mnt/nvme /dev/nvme0n1p1 ext4 rw,relatime\nfstab UUID=1b2c3d4e-5f60 /x ext4 rw 0 2\n",
    "",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_left_as_it_is(text: str) -> None:
    said = filtered(text)
    assert hidden_in(said) == []
    assert "***" not in decoded(said)
    assert read_containers(said) == read_containers(text)


def test_no_option_of_a_known_server_is_hidden_by_mistake() -> None:
    """Only what its own table calls a key, a token or a password."""
    tables = [*ROOT.glob("*/data/options.json"), *ROOT.glob("*/data/options/*.json")]
    rows = [json.loads(path.read_text(encoding="utf-8"))["options"] for path in tables]
    names = sorted({name.lstrip("-") for one in rows for name in one})
    assert len(names) > 300
    said = filtered("".join(words(f"--{name}", "some") for name in names))
    hidden = {line.partition(": option ")[2] for line in hidden_in(said)}
    assert hidden == {
        "admin-api-key", "api-key", "grpc-server-key", "hf-token", "ssl-keyfile-password",
    }  # fmt: skip


def test_what_the_spec_says_in_plain_text_stays() -> None:
    text = env("GREETING=hello") + words("serve", "--auth-mode", "none", RANDOM)
    assert len(hidden_in(filtered(text))) == 3
    assert hidden_in(filtered(text, "GREETING=hello", "auth-mode=none", RANDOM)) == []
    # Another value than the spec's is not shown.
    said = filtered(text, "GREETING=other", "auth-mode=all")
    assert "hello" not in said
    assert "none" not in said


def test_a_unit_is_read_after_it_was_filtered() -> None:
    text = unit(
        UnitFileState="enabled",
        User="ann",
        Environment=f"'A_B=it'\"'\"'s {CANARY}' LANG=C 'PATH=/a b:/c'",
        ExecStart=f"{{ path=/x/serve ; argv[]=/x/serve --key {CANARY} -v ; ignore_errors=no }}",
    )
    (shown,) = read_shown(filtered(text))
    assert facts_of_unit(shown) == {
        "state": "active", "enabled": "yes", "user": "ann", "command": "/x/serve --key *** -v",
        "env A_B": "***", "env LANG": "C", "env PATH": "/a b:/c",
    }  # fmt: skip


def test_a_board_without_python_says_nothing() -> None:
    done = subprocess.run(
        ["/bin/sh"],
        input=f"echo canary | {hiding()}",
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    assert done.returncode != 0


def test_what_an_engine_holds_is_no_container_to_read() -> None:
    """`adopt` sends the survey of Docker through the filter, with the containers of others."""
    line = '{"running":true,"removed":false,"name":"/by-hand"}'
    assert filtered(line).strip() == line
    survey = Daemon.survey([], RunOptions())
    assert '{"name"' not in survey, "the filter takes such a line for one of `docker inspect`"


def test_bytes_that_are_not_utf8_pass() -> None:
    done = subprocess.run(
        ["sh"],
        input=b"printf 'word caf\\351 --token canary\\n' | " + hiding().encode(),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        check=True,
    )
    assert b"canary" not in done.stdout
    assert b"word caf" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        '{"name": "/web", "id": ' + "[" * 100_000,
        '{"name": "/web", "memory": NaN}',
        '{"name": 7}',
        '{"name": "/web"}',
        "env /web [",
        'image-env /web "\\ud800',
    ],
    ids=range(6),
)
def test_a_line_that_is_not_understood_shows_nothing(line: str) -> None:
    """Nothing passes unread, and no text of it is in the error."""
    text = f"env /web {json.dumps('CANARY=' + CANARY)}\n{line}\n"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            ["sh"], input=f"cat {file.name} | {hiding()}", capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr[:2000]
    assert "in an unknown form" in done.stderr
    assert CANARY not in done.stdout + done.stderr
