"""Ollama 0.6.8 without a GPU: its settings, store, REST and use of memory.

Written from the documents and the source at https://github.com/ollama/ollama/tree/v0.6.8. It runs
in images and, from the bundle that stands for the native one, on a twin's own Python.
"""
