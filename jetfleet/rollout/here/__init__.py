"""Tasks of a rollout on the boards that this computer reaches: a process for each, by pyinfra."""
