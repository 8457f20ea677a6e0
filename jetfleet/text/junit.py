"""JUnit reports as XML, in the form that Jenkins and GitLab read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, indent, tostring

from jetfleet.text.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit_text(name: str, suites: Iterable[Element]) -> str:
    """Return suites of test cases as a report; they are counted here.

    Texts in them have gone through `printable`: XML has no way to write most control characters.
    """
    root = Element("testsuites", name=printable(name))
    for suite in suites:
        suite.set("tests", str(len(suite)))
        for count, tag in _COUNTED.items():
            found = len(suite.findall(f"testcase/{tag}"))
            if found or tag != "skipped":
                suite.set(count, str(found))
        root.append(suite)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'
