"""A plan as a JUnit report: a suite a host, a case a resource; what differs is a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from jetfleet.plan.words import WHO
from jetfleet.text import printable
from jetfleet.text.junit import junit_text

if TYPE_CHECKING:
    from jetfleet.plan.model import HostPlan, Plan, Planned


def junit(plan: Plan) -> str:
    """Return the report as XML, in the form that Jenkins and GitLab read.

    A host that is refused, unreachable or skipped has one error, whose type is that state.
    """
    suites = (_suite(host, plan.made) for host in plan.hosts)
    return junit_text(f"jetfleet {plan.command} {plan.spec}", suites)


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
    return suite


def _short(planned: Planned) -> str:
    names = ", ".join(change.attribute for change in planned.changes)
    return printable(f"{planned.title}: {names} ({WHO.get(planned.cause, planned.cause)})")
