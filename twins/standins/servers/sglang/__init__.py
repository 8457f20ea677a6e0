"""SGLang's server without a GPU, of the release that an image has.

From srt/server_args.py, srt/entrypoints/http_server.py and srt/model_executor/model_runner.py of
wheel `sglang` of PyPI, 0.4.7 and 0.5.5.post2.
"""
