"""Roles: one folder a concern; what each wants on a host, as values. No SSH, no pyinfra."""
