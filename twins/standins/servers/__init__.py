"""Stand-ins for model servers: programs that are copied into images. `kit` is what they share."""
