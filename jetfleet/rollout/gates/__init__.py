"""The gates of a wave: what has to hold on its boards before the next wave begins.

Two halves. `judge` is pure: it has gates and what is known of each board, and returns a verdict.
Everything that asks a board is a script and a function that reads its answer:

1. Before a board is changed: `state.state_script`, read by `state.read_state`, and a probe for each
   service that a gate measures (`probe.probe_script`, `probe.read_probe`).
2. After the change, and again once the wave has soaked: the same. The second plan of the host, or
   its survey in the same round trip, says what still differs from the spec.
3. An `Evidence` for each board, and one for each control board, goes to `judge`. As long as the
   verdict has `wants`, more requests can decide it: probe again, `Probe.joined` the two, and judge
   again. The caller limits how often; what is left undecided is inconclusive.
4. `Verdict.plain` is JSON for the event table and for pages. `records.keep` keeps the probes of a
   board that was not changed yet, or whose wave has passed, as a baseline of later rollouts.

The verdict of a wave is the worst of its parts: fail, then inconclusive, then pass. What is not
known is never a pass.
"""
