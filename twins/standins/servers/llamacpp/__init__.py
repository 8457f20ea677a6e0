"""llama.cpp's `llama-server` without a GPU.

From https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md.
"""
