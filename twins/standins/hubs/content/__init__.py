"""What the hubs serve: models and releases, made here under their real names."""
