"""Set up the board without its workload: disk, Docker engine, power mode and clocks."""

from jetfleet.converge import apply
from jetfleet.roles import base, docker, hold, power, storage

apply(base, storage, docker, hold, power)
