"""Model hubs: one folder for each, found on disk, and the clients that they share."""
