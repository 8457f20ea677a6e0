"""Triton without a GPU: `tritonserver`'s options, its model repository, its v2 protocol.

From https://github.com/triton-inference-server/server and its vllm_backend, releases 2.57 to 2.60.
"""
