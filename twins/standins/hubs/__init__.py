"""The model hubs of a fleet: one server that answers for all of them, by host name."""
