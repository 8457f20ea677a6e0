"""The keys of Live VLM WebUI in a spec."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from jetfleet.spec.service import Mounts, ServedAs, Service
from jetfleet.spec.text import Count, FreeText, HttpBase, Name


class WebuiService(Service):
    """A Live VLM WebUI: a page that shows a camera's pictures to a vision model."""

    default_port: ClassVar = 8090
    instead: ClassVar = {
        "model": "write upstream: SERVICE, or api_base and served_name",
        "api_key": "that of its upstream is taken",
    }

    runtime: Literal["live-vlm-webui"]
    upstream: Name | None = Field(
        default=None, description="the name of the service on this host that the WebUI asks"
    )
    api_base: HttpBase | None = Field(
        default=None, description="the URL that the WebUI asks, such as http://192.0.2.11:8000/v1"
    )
    served_name: ServedAs = None
    mounts: Mounts
    prompt: FreeText | None = Field(default=None, description="what the WebUI asks of each frame")
    max_tokens: Count | None = Field(
        default=None, description="most tokens of an answer that the WebUI asks for"
    )
    process_every: Count | None = Field(
        default=None, description="the WebUI asks about every n-th frame"
    )


SERVICE = WebuiService
