"""A stand-in for Ollama's registry."""
