"""TensorRT-LLM's `trtllm-serve` without a GPU, of release 1.2.0rc1.

From https://github.com/NVIDIA/TensorRT-LLM/blob/main/tensorrt_llm/commands/serve.py.
"""
