"""pyinfra's inventory of the lab: the hosts of lab.yaml."""

from jetfleet.inventory import hosts

lab = hosts(__file__)
