"""Hides the secrets in what a survey prints, before it leaves the board.

It reads the survey's lines on standard input, and prints them with `***` for each secret: values of
environment variables that the image does not set, unless their name is known to be harmless; values
of options, settings and headers that are named as a secret; keys, tokens and passwords by their
form. At the end a line `hid WHERE: WHAT` names each, without its value.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import sys
from typing import Any, Callable, Mapping

from jetfleet.board.foreign_json import UnreadableJson, read_json, read_object
from jetfleet.board.hider import Hider

LABELS = {
    "jetfleet.started-with",
    "com.docker.compose.project",
    "com.docker.compose.project.working_dir",
}
"""Labels that are of use; no other leaves the board."""

HID = "hid"
"""Begins a line that says what was hidden; a line of a board cannot be taken for one."""

PROCESS = re.compile(r"process [0-9a-f]{64} \d+$")
"""The container of the words that follow, and the number of their process."""

UNIT_ENV = "Environment="
UNIT_START = "ExecStart="
STATES = re.compile(
    r"(?: ; (?:ignore_errors=(?:yes|no)|flags=[a-z -]*|(?:start|stop)_time=\[[^\]]*\]|pid=\d+"
    r"|code=[\w()]+|status=[\w/]+))+(?: ;)? \}$"
)
"""What systemd writes after a command."""
DAEMON = ("/etc/docker/daemon.json ", "/run/jetfleet/docker-started-with.json ")


class Survey:
    """Prints the lines of a survey without secrets."""

    def __init__(self, hider: Hider, put: Callable[[str], None]) -> None:
        self.hider = hider
        self.put = put
        self.images: dict[str, str] = {}
        self.of_image: dict[str, set[str]] = {}
        self.process: list[str] = []

    def run(self, lines: list[str]) -> None:
        """Print them all."""
        self._learn(lines)
        for line in lines:
            if not line.startswith("word "):
                self._end_process()
            self._line(line)
        self._end_process()
        for what in self.hider.hid:
            self.put(f"{HID} {what}")

    def _learn(self, lines: list[str]) -> None:
        """Learn which image each container has, and what that image sets."""
        for line in lines:
            word, _, rest = line.partition(" ")
            if line.startswith('{"name"'):
                row = read_object(line)
                self.images[row["name"]] = row["image_id"]
            elif word == "image-env":
                owner, _, setting = rest.partition(" ")
                self.of_image.setdefault(owner, set()).add(str(read_json(setting)))

    def _line(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word not in {"image-env", HID}:
            self._of_kind(line, word, rest)

    def _of_kind(self, line: str, word: str, rest: str) -> None:
        if line.startswith('{"name"'):
            self.put(json.dumps(self._container(read_object(line))))
        elif word == "env":
            self._variable(rest)
        elif word == "word":
            self.process.append(rest)
        elif line.startswith("Id="):
            self.hider.where = "the unit " + line[3:]
            self.put(line)
        elif line.startswith(UNIT_ENV):
            self.put(UNIT_ENV + self._unit_env(line[len(UNIT_ENV) :]))
        elif line.startswith(UNIT_START):
            self.put(UNIT_START + self._unit_start(line[len(UNIT_START) :]))
        elif line.startswith(DAEMON):
            self.put(word + " " + self._daemon(rest))
        elif line.startswith('{"digests"') or PROCESS.match(line):
            self.put(line)
        elif word in {"mount", "fstab", "block"}:
            self.hider.where = "the board"
            self.put(self.hider.text(line, word))
        else:
            self.hider.where = "the board"
            self.put(self.hider.script(line, line.split(" ", maxsplit=1)[0]))

    def _container(self, row: dict[str, Any]) -> dict[str, Any]:
        hider = self.hider
        hider.where = "the container " + row["name"].lstrip("/")
        path, *args = hider.words([row["path"], *(row["args"] or ())], "command")
        own = {
            key: hider.words([path, *row[key]], "command")[1:]
            for key in ("cmd", "entrypoint")
            if row.get(key)
        }
        labels = {
            name: hider.text(one, "label " + name)
            for name, one in (row["labels"] or {}).items()
            if name in LABELS
        }
        mounts = [self._mount(mount) for mount in row["mounts"] or ()]
        host = hider.json(row["host"], "", "docker")
        row = {**row, **own}
        return {**row, "path": path, "args": args, "labels": labels, "mounts": mounts, "host": host}

    def _mount(self, mount: dict[str, Any]) -> dict[str, Any]:
        anonymous = re.match(r"[0-9a-f]{64}$", mount.get("Name") or "")  # a name of Docker's own
        places = ["Destination"] if anonymous else ["Name", "Source", "Destination"]
        hidden = {key: self.hider.text(mount[key], "mount") for key in places if mount.get(key)}
        return {**mount, **hidden}

    def _variable(self, rest: str) -> None:
        owner, _, setting = rest.partition(" ")
        text = str(read_json(setting))
        if text in self.of_image.get(self.images.get(owner, ""), ()):
            return
        self.hider.where = "the container " + owner.lstrip("/")
        name, _, value = text.partition("=")
        shown = json.dumps(name + "=" + self.hider.variable(name, value))
        self.put(f"env {owner} {shown}")

    def _end_process(self) -> None:
        words, self.process = self.process, []
        for word in self.hider.words(words, "command"):
            self.put("word " + word)

    def _unit_env(self, text: str) -> str:
        try:
            words = shlex.split(text)
        except ValueError:
            return self.hider.hide("Environment")
        pairs = (word.partition("=") for word in words)
        return " ".join(shlex.quote(n + "=" + self.hider.variable(n, v)) for n, _, v in pairs)

    def _unit_start(self, text: str) -> str:
        """Hide in the words after ``argv[]=``; the other parts are a path and states.

        The command of a shell may have a blank and a semicolon too: all before the states is its.
        """
        head, found, rest = text.partition("argv[]=")
        states = STATES.search(rest)
        if not found or not states:
            return self.hider.script(text, "command")
        argv = self.hider.words(rest[: states.start()].split(), "command")
        return head + found + " ".join(argv) + rest[states.start() :]

    def _daemon(self, encoded: str) -> str:
        """Hide in a daemon.json; one that cannot be read is hidden as a whole."""
        self.hider.where = "daemon.json"
        try:
            settings = read_json(base64.b64decode(encoded))
            text = json.dumps(self.hider.json(settings, "", "key"))
        except (ValueError, RecursionError):
            text = self.hider.hide("all of it, which is not valid JSON")
        return base64.b64encode(text.encode()).decode()


def main(job: Mapping[str, Any]) -> None:
    """Hide the secrets in the lines on standard input."""
    text = sys.stdin.buffer.read().decode(errors="replace")
    lines = text.split("\n")
    try:
        Survey(Hider(job), print).run(lines[:-1] if lines[-1:] == [""] else lines)
    except (UnreadableJson, LookupError, TypeError, AttributeError) as error:
        # Nothing passes unread; the text of the error names no value.
        kind = type(error).__name__
        sys.exit(f"docker describes a container in an unknown form ({kind}): nothing is shown")
