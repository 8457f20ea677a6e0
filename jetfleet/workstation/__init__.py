"""The workstation's side of a run: host keys, endpoints, secrets, and the address of each host."""
