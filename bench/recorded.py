"""deploys/llm.py, each step of which is written down."""

import runpy

from bench.fleet import ROOT
from bench.recording import record_steps

record_steps()
runpy.run_path(str(ROOT / "deploys/llm.py"))
