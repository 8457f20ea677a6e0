"""Set up everything for LLM services, from the bare board to servers that are ready."""

from jetfleet.converge import apply
from jetfleet.roles import (
    adopted,
    base,
    docker,
    hold,
    images,
    models,
    power,
    prune,
    record,
    serving,
    storage,
)

apply(base, storage, docker, hold, power, images, models, serving, adopted, prune, record)
