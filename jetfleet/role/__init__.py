"""What a role is, and the input that it gets."""
