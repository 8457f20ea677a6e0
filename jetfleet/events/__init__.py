"""What happened in a run: typed events, one writer, one reader, and the state of a host.

A run appends each event to ``<host>.jsonl`` in its run folder as it happens (`write`). Plan, apply,
status and report get a host from `interpret.read_host`; nothing else interprets an event.
"""
