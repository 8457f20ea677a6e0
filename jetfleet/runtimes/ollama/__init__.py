"""Ollama, as a container or installed on the board."""
