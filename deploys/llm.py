"""Everything that an LLM box needs, from the bare board to a ready server."""

from jetfleet.converge import apply
from jetfleet.roles import (
    adopted,
    base,
    docker,
    images,
    models,
    power,
    prune,
    record,
    serving,
    storage,
)

apply(base, storage, docker, power, images, models, serving, adopted, prune, record)
