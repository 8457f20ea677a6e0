"""The file that says how a change reaches a fleet, `rollout.yaml`, as frozen models."""
