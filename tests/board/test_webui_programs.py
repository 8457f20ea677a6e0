"""The programs around Live VLM WebUI: its certificate, and what its command line cannot say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jetfleet.board import program
from tests.support.corrupt import KINDS, corrupt

NAMES = ["192.0.2.12", "orin", "orin.local", "2001:db8::1"]

# As in live-vlm-webui 0.4.0: the page has its own 512, and so has the service behind it.
PAGE = '<input type="number" id="maxTokens" value="512" min="1" max="4096" step="1">\n'
SERVICE = """\
class VLMService:
    def __init__(self, model, max_tokens=512):
        self.max_tokens = max_tokens
"""
SERVER = """\
import sys
from .vlm_service import VLMService

if __name__ == "__main__":
    print(sys.argv, VLMService("m").max_tokens, VLMService("m", max_tokens=9).max_tokens)
"""


def certificate(folder: Path, *names: str) -> Path:
    subprocess.run(
        ["sh", "-s", "--", str(folder), *names],
        input=program("certificate.sh", runtime="webui"),
        text=True,
        check=True,
    )
    return folder / "cert.pem"


def shown(path: Path, *options: str) -> str:
    command = ["openssl", "x509", "-in", str(path), "-noout", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_certificate_has_the_boards_names_and_a_key_of_its_own(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", *NAMES)
    names = shown(made, "-ext", "subjectAltName")
    assert "IP Address:192.0.2.12, DNS:orin, DNS:orin.local" in names
    assert "IP Address:2001:DB8:0:0:0:0:0:1" in names
    assert (tmp_path / "tls/key.pem").stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "tls").glob("*.new"))


def test_a_certificate_that_is_good_is_left_alone(tmp_path: Path) -> None:
    made = certificate(tmp_path, *NAMES).read_text()
    assert certificate(tmp_path, *NAMES).read_text() == made


def short(folder: Path) -> None:
    """One with the right names and key that ends in 59 days."""
    subprocess.run(
        ["openssl", "x509", "-in", "cert.pem", "-signkey", "key.pem", "-days", "59", "-out", "c"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    (folder / "c").replace(folder / "cert.pem")


def other_key(folder: Path) -> None:
    subprocess.run(["openssl", "genrsa", "-out", "key.pem"], cwd=folder, check=True,
                   capture_output=True)  # fmt: skip


@pytest.mark.parametrize("spoil", [short, other_key, lambda f: (f / "cert.pem").write_text("")])
def test_a_certificate_that_ends_or_does_not_fit_is_replaced(tmp_path: Path, spoil: object) -> None:
    certificate(tmp_path, *NAMES)
    spoil(tmp_path)  # type: ignore[operator]
    spoilt = (tmp_path / "cert.pem").read_text()
    assert certificate(tmp_path, *NAMES).read_text() != spoilt
    shown(tmp_path / "cert.pem", "-checkend", str(800 * 86400))
    key = subprocess.run(
        ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-pubout"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown(tmp_path / "cert.pem", "-pubkey") == key


def test_a_board_that_is_renamed_gets_another(tmp_path: Path) -> None:
    before = certificate(tmp_path, *NAMES).read_text()
    assert certificate(tmp_path, "192.0.2.13", *NAMES[1:]).read_text() != before


def webui(folder: Path, environ: dict[str, str], page: str = PAGE) -> tuple[str, str]:
    """What the server saw, and the page as a browser gets it."""
    package = folder / "live_vlm_webui"
    (package / "static").mkdir(parents=True)
    (package / "static/index.html").write_text(page)
    (package / "__init__.py").write_text("")
    (package / "vlm_service.py").write_text(SERVICE)
    (package / "server.py").write_text(SERVER)
    done = subprocess.run(
        [sys.executable, "-c", program("webui.py", runtime="webui"), "--port", "8090"],
        env={"PYTHONPATH": str(folder), **environ},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout + done.stderr, (package / "static/index.html").read_text()


def test_nothing_is_changed_that_nobody_asked_for(tmp_path: Path) -> None:
    said, page = webui(tmp_path, {})
    assert said == "['live-vlm-webui', '--port', '8090'] 512 9\n"
    assert page == PAGE


def test_tokens_and_key_reach_page_and_server(tmp_path: Path) -> None:
    environ = {"JETFLEET_MAX_TOKENS": "100", "JETFLEET_UPSTREAM_KEY": "s3cr3t"}
    said, page = webui(tmp_path, environ)
    assert said == "['live-vlm-webui', '--port', '8090', '--api-key', 's3cr3t'] 100 9\n"
    assert page == PAGE.replace("512", "100")


def test_a_page_without_the_field_is_reported(tmp_path: Path) -> None:
    said, page = webui(tmp_path, {"JETFLEET_MAX_TOKENS": "100"}, page="<p>512</p>")
    assert "no Max Tokens of its own" in said
    assert page == "<p>512</p>"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["key.pem", "cert.pem", "names", "key.new", "cert.new"])
def test_what_is_in_the_place_of_a_file_is_replaced_or_named(
    tmp_path: Path, name: str, kind: str
) -> None:
    certificate(tmp_path, *NAMES)
    corrupt(tmp_path / name, kind)
    done = subprocess.run(
        ["sh", "-s", "--", str(tmp_path), *NAMES],
        input=program("certificate.sh", runtime="webui"),
        text=True, capture_output=True, check=False, timeout=20,
    )  # fmt: skip
    if kind == "full folder" and not name.endswith(".new"):
        sentence = f"{tmp_path}/{name} is not a file: move it away, then run again\n"
        assert (done.returncode, done.stderr) == (1, sentence)
        assert (tmp_path / name / "a file of a person").exists()
        return
    assert done.returncode == 0, done.stderr
    for one in ("key.pem", "cert.pem", "names"):
        assert (tmp_path / one).is_file()
        assert not (tmp_path / one).is_symlink()
    public = subprocess.run(
        ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-pubout"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown(tmp_path / "cert.pem", "-pubkey") == public
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["empty", "link", "fifo"])
def test_something_else_in_place_of_the_folder_is_named(tmp_path: Path, kind: str) -> None:
    corrupt(tmp_path / "tls", kind)
    done = subprocess.run(
        ["sh", "-s", "--", str(tmp_path / "tls"), *NAMES],
        input=program("certificate.sh", runtime="webui"),
        text=True, capture_output=True, check=False, timeout=20,
    )  # fmt: skip
    assert done.returncode == 1
    assert (
        done.stderr == f"{tmp_path}/tls is not a folder: move what is there away, then run again\n"
    )
