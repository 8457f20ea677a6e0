"""Whether a host is the one that was pinned: known_hosts files, keys and host certificates."""
