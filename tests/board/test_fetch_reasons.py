"""Why a fetch failed: the codes of aria2, and what the program leaves."""

from __future__ import annotations

import stat
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from jetfleet.board import fetch
from jetfleet.board.metalink import metalink
from jetfleet.board.model_folder import File, Folder
from jetfleet.resources.model import Model
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links
from tests.board.fetched_model import made_model


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return made_model(tmp_path / "models")


# As aria2 1.36 prints them, shortened.
STATUS = "errorCode=22 URI=https://h/x {} The response status is not successful. status={}"
HANDSHAKE = "errorCode=1 SSL/TLS handshake failure: {}"
SEGMENT = "errorCode=1 Failed to read from the segment file /m/x.aria2"


@pytest.mark.parametrize(
    ("status", "line", "kind"),
    [
        (-9, "", "again"),
        (2, "errorCode=2 Timeout.", "again"),
        (22, STATUS.format("", 401), "denied"),
        (22, STATUS.format("", 403), "denied"),
        (24, "errorCode=24 Authorization failed.", "denied"),
        (22, STATUS.format("", 503), "again"),
        (1, "errorCode=19 Failed to resolve", "again"),
        (8, "errorCode=8 Invalid range header.", "ranges"),
        (32, "errorCode=32 Checksum error detected. file=/m/x", "checksum"),
        (5, "errorCode=5 Too slow Downloading speed", "again"),
        (29, "errorCode=29 overloaded", "again"),
        (7, "", "again"),
        (3, "errorCode=3 Resource not found", "missing"),
        (22, STATUS.format("", 404), "missing"),
        (22, STATUS.format("", 410), "missing"),
        (22, STATUS.format("", 418), "refused"),
        (22, STATUS.format("", 416), "ranges"),
        (22, STATUS.format("", 501), "refused"),
        (22, "errorCode=22 Unexpected status 204", "refused"),
        (23, "errorCode=23 Too many redirects", "refused"),
        (28, "errorCode=28 unrecognized option", "failed"),
        (1, HANDSHAKE.format("not signed by known authorities or invalid"), "tls"),
        (1, HANDSHAKE.format("`not signed by known', `not activated yet'"), "tls"),
        (1, HANDSHAKE.format("Error in the pull function."), "again"),
        (1, HANDSHAKE.format("hostname does not match"), "tls"),
        (1, "errorCode=1 Failed to establish connection, cause: Connection refused", "again"),
        (1, SEGMENT, "failed"),
        (9, "errNum=28 errorCode=9 Failed to write into the file, cause: No space left", "person"),
        (16, "errNum=30 errorCode=16 Failed to open the file, cause: Read-only file", "person"),
        (17, "errNum=5 errorCode=17 Failed to write, cause: Input/output error", "person"),
        (1, "", "failed"),
    ],
)
def test_codes_decide_what_helps(status: int, line: str, kind: str) -> None:
    failed = fetch.failure(status, [line] if line else [])
    assert failed.kind == kind
    assert str(failed)


def test_a_metalink_holds_any_name_and_link(tmp_path: Path) -> None:
    file = File({"path": 'a "b" <c>&', "size": 3, "sha256": "0" * 64})
    text = metalink([file], {file.path: ["https://h/?a=1&b=<", "https://i/"]})
    space = "{urn:ietf:params:xml:ns:metalink}"
    (entry,) = ET.fromstring(text)  # noqa: S314 - our own
    assert entry.get("name") == file.path
    assert [url.text for url in entry.iter(f"{space}url")] == ["https://h/?a=1&b=<", "https://i/"]
    private = tmp_path / "links"
    private.touch(mode=0o644)
    fetch.write_private(private, text)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_links_are_in_no_argument(model: Model) -> None:
    script = Fetch(model, model.files).script(Links({"config.json": ("https://h/?Sig=s3",)}))
    assert "s3" not in script.partition("<<")[0]
    assert Folder({"folder": model.folder, "staging": model.staging}).stage.is_dir()


@pytest.mark.parametrize(
    ("status", "printed", "failed"),
    [
        (1, "Traceback (most recent call last):\nKeyError: 'urls'", "KeyError: 'urls'; run"),
        (127, "/run/jetfleet/x.sh: 3: python3: not found", "python3: not found; run"),
        (137, "Killed", "ended from outside"),
    ],
)
def test_a_program_that_left_no_reason(
    model: Model, status: int, printed: str, failed: str
) -> None:
    """What it printed last is the reason, and it was killed only if its exit status says so."""
    look = (
        f"ActiveState=failed\nResult=exit-code\nExecMainStatus={status}\n-- log\n{printed}\n"
        "bytes=7\nbytes=staged\n-- status\n"
    )
    assert failed in Fetch(model, model.files).judge(look).failed


@pytest.mark.parametrize(
    ("state", "told", "failed"),
    [
        ("ActiveState=active\nResult=success", "bytes=7", ""),
        ("ActiveState=inactive\nResult=success", "bytes=", ""),
        ("ActiveState=inactive\nResult=success", "bytes=7\nbytes=staged", "ended from outside"),
        ("ActiveState=failed\nResult=signal", "bytes=7\nbytes=staged", "ended from outside"),
        ("ActiveState=failed\nResult=exit-code", "bytes=7\nbytes=staged", "no route; run again"),
    ],
)
def test_the_reason_is_what_the_program_left(
    model: Model, state: str, told: str, failed: str
) -> None:
    why = '{"kind": "failed", "reason": "no route"}'
    progress = Fetch(model, model.files).judge(f"{state}\n-- log\nx\n{told}\n-- status\n{why}\n")
    assert failed in progress.failed
    assert bool(failed) is bool(progress.failed)
    assert progress.done is (not failed and "=active" not in state)
