"""The names of GitHub, and of Ollama's address that redirects to it."""

from __future__ import annotations

from twins.standins.hubs.place import Place

_HOSTS = ("github.com", "ollama.com")

PLACE = Place(hub="github", hosts=_HOSTS, endpoints=_HOSTS)
