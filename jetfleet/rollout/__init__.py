"""Rollouts: a change reaches a fleet in waves, stops by itself, and is taken back if it is bad.

The parts, and how they meet:

``spec``
    The file `rollout.yaml` as the person writes it, checked like a spec.
``freeze``
    Makes a `Rollout` of the file and the spec: who is in which wave is certain from then on.
``events``, ``fold``, ``state``
    What has happened, only ever added to; the state is a pure fold of it.
``decide``
    State, rollout and time give the next actions. Pure: no clock, no file, no network. Its parts
    are ``timers``, ``verdict``, ``budget``, ``sending`` and ``way_back``; ``waits`` names what a
    rollout waits for, ``words`` is what people may say to it.
``store``
    SQLite: rollouts, events, and which plans are blocked. One controller at a time.
``controller``
    Records what is decided, then has it done. It can be killed at any time.

Seams, each a small thing that others implement or call:

- `boards.Boards` carries tasks out: by pyinfra here, by workers at sites. Its docstring has all
  that an implementation must keep.
- A gate is read by a task with the purpose ``probe``: `Boards` answers each gate of `Task.gates`
  with a `GateRead` whose verdict is pass, fail or no-data, whose `hosts` are those that missed it,
  and whose `figures` are shown as they are. Gates with `measured` compare figures, by the settings
  of ``spec.gate``; one such failure fails the wave. A host that misses another gate counts as
  failed, within the budget of its wave.
- The board's lease: `Rollout.lease` is the time after which a board that nobody drives takes no
  more changes; its token and the head of its audit log come back in `Done.data`.
- Commands and pages read a `State` that ``fold`` has made from `Store.events`; they never write
  but by the functions of ``words``, whose event they give to `Store.add`.
- `Controller.leave_at` says what a job does not stay for; `exit_code.exit_of` how it ends.
"""
