"""Ollama's registry."""
