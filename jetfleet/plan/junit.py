"""A plan as a JUnit report: a suite a host, a case a resource; what differs is a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from jetfleet.plan.words import WHO
from jetfleet.text import printable

if TYPE_CHECKING:
    from jetfleet.plan.model import HostPlan, Plan, Planned


def junit(plan: Plan) -> str:
    """Return the report as XML, in the form that Jenkins and GitLab read.

    A host that is refused, unreachable or skipped has one error, whose type is that state.
    """
    root = Element("testsuites", name=printable(f"jetfleet {plan.command} {plan.spec}"))
    for host in plan.hosts:
        root.append(_suite(host, plan.made))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(host: HostPlan, made: str) -> Element:
    suite = Element("testsuite", name=host.host, timestamp=made.removesuffix("Z"))
    for key in host.in_sync:
        SubElement(suite, "testcase", classname=host.host, name=key)
    for planned in host.resources:
        case = SubElement(suite, "testcase", classname=host.host, name=planned.resource)
        failure = SubElement(case, "failure", message=_short(planned), type=planned.cause)
        failure.text = "\n".join(
            printable(f"{change.sentence} ({change.attribute}: {change.have} -> {change.want})")
            for change in planned.changes
        )
    if host.reason:
        case = SubElement(suite, "testcase", classname=host.host, name=host.state)
        SubElement(case, "error", message=printable(host.reason), type=host.state)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    return suite


def _short(planned: Planned) -> str:
    names = ", ".join(change.attribute for change in planned.changes)
    return printable(f"{planned.title}: {names} ({WHO.get(planned.cause, planned.cause)})")
