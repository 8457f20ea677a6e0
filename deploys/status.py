"""Only a look: what each board does, and what is not as the spec says; see `jetfleet status`."""

from jetfleet.converge import status
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

status(base, storage, docker, power, images, models, serving, adopted, prune, record)
