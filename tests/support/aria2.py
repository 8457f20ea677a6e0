#!/usr/bin/env python3
"""Stands for aria2 in tests of the fetch program, with control files and messages of aria2 1.36.

It fetches whole files, by any URL that urllib knows, and keeps a control file meanwhile. After a
file that a server refuses it pauses, and asks for the next, as aria2 does.
"""

from __future__ import annotations

import hashlib
import os
import ssl
import struct
import sys
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path

NS = "{urn:ietf:params:xml:ns:metalink}"
ADVICE = "\naria2 will resume download if the transfer is restarted.\n"


PAUSE = 0.1
"""Seconds after a file that was refused; those of aria2 are 0 to 3."""


class Refused(Exception):
    """A server does not send a file; aria2 goes on with the next one."""

    def __init__(self, code: int, line: str) -> None:
        super().__init__(line)
        self.code = code


def say(*lines: str) -> None:
    """Print an error as aria2 does, colours included."""
    for line in lines:
        print(
            f"\n11/28 03:46:09 [\x1b[1;31mERROR\x1b[0m] Exception caught\n  -> {line}", flush=True
        )


def end(status: int, *lines: str) -> None:
    """Print an error, and end."""
    say(*lines)
    print(ADVICE)
    sys.exit(status)


def refusal(error: OSError) -> Refused | None:
    """Return what aria2 says of a server that refuses; None for an error of the disk."""
    if isinstance(error, urllib.error.HTTPError):
        code = {401: 24, 404: 3, 502: 29, 503: 29, 504: 29}.get(error.code, 22)
        said = {401: "Authorization failed.", 404: "Resource not found"}.get(
            error.code, f"The response status is not successful. status={error.code}"
        )
        return Refused(code, f"[HttpSkipResponseCommand.cc:239] errorCode={code} {said}")
    if not isinstance(error, urllib.error.URLError):
        return None
    if isinstance(error.reason, ssl.SSLError):
        said = "SSL/TLS handshake failure:  `not signed by known authorities or invalid'"
        return Refused(1, f"[SocketCore.cc:1018] errorCode=1 {said}")
    if isinstance(error.reason, TimeoutError):
        return Refused(2, "errorCode=2 Timeout.")
    return Refused(1, f"errorCode=1 Failed to establish connection, cause: {error.reason}")


def check_control(control: Path, size: int) -> None:
    """End as aria2 does for a control file that it refuses."""
    content = control.read_bytes()
    if len(content) < 30:
        end(1, f"errorCode=1 Failed to read from the segment file {control}")
    version, _, _, piece, total = struct.unpack_from(">HIIIQ", content)
    if version != 1:
        end(1, f"errorCode=1 Unsupported ctrl file version: {version:04x}")
    if total != size:
        end(1, f"errorCode=1 total length mismatch. expected: {size}, actual: {total}")
    pieces = -(-size // piece)
    if len(content) < 34 + -(-pieces // 8):
        end(1, f"errorCode=1 Failed to read from the segment file {control}")


def fetch(path: Path, size: int, sha256: str, urls: list[str]) -> None:
    """Fetch one file."""
    control = path.with_name(path.name + ".aria2")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and control.exists():
        check_control(control, size)
    try:
        control.write_bytes(b"")
        with path.open("wb") as file, urllib.request.urlopen(urls[0]) as answer:  # noqa: S310 - links of a test
            file.write(answer.read())
    except OSError as error:
        refused = refusal(error)
        if refused:
            raise refused from error
        number = error.errno or 0
        code = {28: 9, 30: 16}.get(number, 17)
        end(
            code, f"errNum={number} errorCode={code} Failed to open the file {path}, cause: {error}"
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        end(32, f"Checksum error detected. file={path}")
    control.unlink()


def main(arguments: list[str]) -> None:
    """Fetch what the Metalink lists."""
    options = dict(one.lstrip("-").split("=", 1) for one in arguments)
    if options.get("enable-color") != "false":
        end(28, "the program must read no colours")
    root = ET.parse(options["metalink-file"]).getroot()  # noqa: S314 - our own
    chosen = set(map(int, options["select-file"].split(",")))
    status = 0
    for number, entry in enumerate(root.iter(f"{NS}file"), start=1):
        if number not in chosen:
            continue
        try:
            fetch(
                Path(options["dir"]) / str(entry.get("name")),
                int(entry.findtext(f"{NS}size") or 0),
                str(entry.findtext(f"{NS}hash")),
                [url.text or "" for url in entry.iter(f"{NS}url")],
            )
        except Refused as refused:
            status = refused.code
            say(str(refused))
            time.sleep(PAUSE)
    if status:
        end(status)


if __name__ == "__main__":
    os.umask(0o022)
    main(sys.argv[1:])
