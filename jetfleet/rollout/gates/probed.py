"""What a probe of a service measured, by type: the figures of each request, and what held."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from jetfleet.events.text import Line, Name
from jetfleet.rollout.gates.key import Key

Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**31)]


class _Read(BaseModel):
    # A newer jetfleet may note more; what an older one reads of it stays true.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Conditions(_Read):
    """What of a board decides how fast it is; a part that was not read is None."""

    power_mode: Name | None = None
    clocks_locked: bool | None = None
    throttling: tuple[Name, ...] | None = None
    over_current: dict[Name, Count] | None = None


class Request(_Read):
    """The figures of one answer."""

    tokens_per_second: Positive
    ttft_ms: Positive
    tokens: Count = 0


class Probe(_Read):
    """One service of one board, asked one request after another.

    Parameters
    ----------
    requests:
        Those whose answer counts: nothing else loaded the server.
    failed:
        Requests without an answer; `error` is the first reason.
    rubbish:
        Answers that no working model writes; `example` is the beginning of one.
    disturbed:
        Requests that do not count, because another client loaded the server; None: the server
        does not say whether there is one.
    streamed:
        Whether each answer came in pieces, so that its first token was seen.

    """

    requests: tuple[Request, ...] = Field(default=(), max_length=2000)
    failed: Count = 0
    error: Line = ""
    rubbish: Count = 0
    example: Line = ""
    disturbed: Count | None = None
    streamed: bool = True
    begin: Conditions = Conditions()
    end: Conditions = Conditions()

    def joined(self, later: Probe) -> Probe:
        """Return this probe and a later one of the same service as one."""
        disturbed = [one for one in (self.disturbed, later.disturbed) if one is not None]
        return Probe(
            requests=(*self.requests, *later.requests),
            failed=self.failed + later.failed,
            error=self.error or later.error,
            rubbish=self.rubbish + later.rubbish,
            example=self.example or later.example,
            disturbed=sum(disturbed) if disturbed else None,
            streamed=self.streamed and later.streamed,
            begin=self.begin,
            end=later.end,
        )

    def values(self, figure: str) -> tuple[float, ...]:
        """Return a figure of each request."""
        return tuple(getattr(one, figure) for one in self.requests)


class Record(_Read):
    """What was measured of a service on a board at one time (ISO 8601, UTC).

    Parameters
    ----------
    load_seconds:
        Seconds of the last start of the service until it was ready; None: not known.

    """

    host: Name
    service: Name
    at: Name
    key: Key
    probe: Probe = Probe()
    load_seconds: Positive | None = None

    def values(self, figure: str) -> tuple[float, ...]:
        """Return all values of a figure by the name of its gate."""
        if figure == "load_seconds":
            return () if self.load_seconds is None else (self.load_seconds,)
        return self.probe.values(figure)

    @property
    def plain(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return self.model_dump(mode="json")
