"""Secrets in words, options and values: replaced by `***`, and noted by name.

What `known` has is in the spec already and is left as it is: `NAME=VALUE` of a variable,
`name=value` of an option (without dashes, `-` for `_`), and single words.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from jetfleet.board.secret_form import HIDDEN, Names, mask_forms

OF_VARIABLE = {"-e", "--env"}
"""Options of which the next word is `NAME=VALUE`."""

OF_USER = {"-u", "--user"}
"""Options of which the next word may be `USER:PASSWORD`."""

OF_PROGRAMS = {
    ("sshpass", "-p"),
    ("redis-cli", "-a"),
    ("mosquitto_pub", "-P"),
    ("mosquitto_sub", "-P"),
}
"""Short options of programs that take a password."""

GLUED = {"mysql", "mysqldump", "mariadb"}
"""Programs of which a password follows `-p` without a blank."""

IS_OPTION = re.compile(r"--?[A-Za-z]")
IS_NEXT = re.compile(r"--|-[A-Za-z]$")
"""The word after an option that has no value."""

_VALUE = r"""(?P<value>"[^"]*"|'[^']*'|[^\s;&|"']+)"""
ASSIGNED = re.compile(r"(?P<name>(?<![\w.$-])[A-Za-z_]\w*)=" + _VALUE)
OPTION = re.compile(r"(?P<name>(?<![\w-])--?[A-Za-z][\w.-]*)(?P<between>[= ]\s*)" + _VALUE)


class Hider:
    """Hides secrets in the words and values of one board.

    Parameters
    ----------
    job:
        `variables` and `options`: names that are harmless; `known`: what the spec says.

    """

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.names = Names(job["variables"], job["options"])
        self.known = set(job["known"])
        self.hid: dict[str, None] = {}
        self.where = "the board"

    def hide(self, what: str) -> str:
        """Note what was hidden, and return what stands for it."""
        self.hid[f"{self.where}: {what}"] = None
        return HIDDEN

    def text(self, text: str, what: str) -> str:
        """Return any text without the secrets in it that show by their form."""
        if not text or text in self.known:
            return text
        masked = mask_forms(text)
        if masked != text:
            self.hide(what)
        return masked

    def variable(self, name: str, value: str) -> str:
        """Return the value of an environment variable."""
        if not value or value == HIDDEN or f"{name}={value}" in self.known:
            return value
        if not self.names.is_harmless_variable(name):
            return self.hide("variable " + name)
        return self.text(f"{name}={value}", "variable " + name)[len(name) + 1 :]

    def option(self, name: str, value: str) -> str:
        """Return the value of an option or a setting."""
        plain = name.lstrip("-").replace("_", "-")
        if not value or value == HIDDEN or f"{plain}={value}" in self.known:
            return value
        if self.names.option_tells(name):
            return self.hide("option " + name.lstrip("-"))
        return self.text(value, "option " + name.lstrip("-"))

    def words(self, words: Iterable[str], what: str) -> list[str]:
        """Return the words of a command line."""
        out: list[str] = []
        program = ""
        for word in words:
            before = out[-1] if out else ""
            out.append(self._word(word, before, program, what))
            program = program or word.rpartition("/")[2]
        return out

    def _word(self, word: str, before: str, program: str, what: str) -> str:
        if before in OF_VARIABLE and "=" in word:
            name, _, value = word.partition("=")
            return f"{name}={self.variable(name, value)}"
        if IS_OPTION.match(before) and "=" not in before and not IS_NEXT.match(word):
            if (program, before) in OF_PROGRAMS:
                return self.hide(f"option {before}")
            if self.names.option_tells(before):
                return self.option(before, word)
        if before in OF_USER and ":" in word and not re.match(r"\d+:\d+$", word):
            return word.partition(":")[0] + ":" + self.hide(f"option {before}")
        return self._alone(word, program, what)

    def _alone(self, word: str, program: str, what: str) -> str:
        """Return a word that is no value of the option before it."""
        if re.search(r"\s", word):
            return self.script(word, what)
        if re.match(r"--?[A-Za-z][\w.-]*=", word):
            name, _, value = word.partition("=")
            if name in OF_VARIABLE and "=" in value:
                inner, _, value = value.partition("=")
                return f"{name}={inner}={self.variable(inner, value)}"
            return f"{name}={self.option(name, value)}"
        if program in GLUED and word.startswith("-p") and word != "-p":
            return "-p" + self.hide("option -p")
        return self.assigned(word, what)

    def assigned(self, text: str, what: str) -> str:
        """Return text in which each `NAME=VALUE` is treated by its name."""

        def one(found: Any) -> str:
            name, value = found["name"], found["value"]
            quote = value[0] if value[0] in "\"'" else ""
            inner = value.strip("\"'") if quote else value
            # A variable has capitals; everything else is a setting.
            hide = self.variable if re.match(r"[A-Z_][A-Z0-9_]*$", name) else self.option
            return f"{name}={quote}{hide(name, inner)}{quote}"

        return self.text(ASSIGNED.sub(one, text), what)

    def script(self, text: str, what: str) -> str:
        """Return a command line that is one text, such as that of `sh -c`, or a header."""

        def one(found: Any) -> str:
            value = found["value"]
            if not self.names.option_tells(found["name"]) or IS_NEXT.match(value):
                return str(found[0])
            return str(found["name"] + found["between"]) + self.option(found["name"], value)

        if text in self.known:
            return text
        return self.assigned(OPTION.sub(one, text), what)

    def json(self, value: Any, name: str, what: str) -> Any:
        """Return a JSON value; `name` is the key that it has."""
        if isinstance(value, bool) or not value:
            return value
        if self.names.option_tells(name):
            return self.hide(f"{what} {name}")
        if isinstance(value, dict):
            return {key: self.json(one, str(key), what) for key, one in value.items()}
        if isinstance(value, list):
            return [self.json(one, name, what) for one in value]
        return self.script(value, f"{what} {name}") if isinstance(value, str) else value
