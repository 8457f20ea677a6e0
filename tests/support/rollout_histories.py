"""Random histories of rollouts, and what must hold in each of them."""

from __future__ import annotations

import random
from dataclasses import replace

from jetfleet.errors import FleetError
from jetfleet.rollout import decide as decisions
from jetfleet.rollout import events, words
from jetfleet.rollout.actions import Action, End, Halt, Mark, Send
from jetfleet.rollout.fold import fold
from jetfleet.rollout.rollout import (
    Budgets,
    Deadlines,
    DownAtOnce,
    Gate,
    Member,
    Rollout,
    Site,
    Wave,
    Window,
)
from jetfleet.rollout.state import begin
from jetfleet.rollout.waits import waits
from tests.support.rollout_world import LEASE, World

AS_IT_WAS = {"", "untouched", "refused", "not-attempted", "not-fetched"}
"""Outcomes of hosts that nothing was changed on."""

WORDS = ["pause", "resume", "resume", "judge", "judge", "retry", "retry", "abort", "undo", "catch"]
STEPS = 40
FAIR = 600


class Violation(AssertionError):
    """An invariant that did not hold, by its name."""

    def __init__(self, invariant: str, detail: str) -> None:
        self.invariant = invariant
        super().__init__(f"{invariant}: {detail}")


def random_rollout(chance: random.Random) -> Rollout:
    """A small rollout: one to three sites, one to three waves, tight limits."""
    names = [
        f"{site}{n}" for site in "abc"[: chance.randint(1, 3)] for n in range(chance.randint(1, 4))
    ]
    chance.shuffle(names)
    hosts = {
        name: Member(
            name, name[0], chance.choice(["orin", "nano"]), ("llm",)[chance.randint(0, 1) :]
        )
        for name in names
    }  # fmt: skip
    cuts = sorted(chance.sample(range(1, len(names)), min(len(names) - 1, chance.randint(0, 2))))
    parts = [names[begin:end] for begin, end in zip([0, *cuts], [*cuts, None], strict=True)]
    gates = (Gate("verified"), Gate("tokens_per_second", measured=True))
    waves = tuple(
        Wave(f"w{n}", tuple(part), gates[: chance.randint(0, 2)], chance.choice([0, 0, 20]),
             person=chance.random() < 0.2, canary=n == 0)
        for n, part in enumerate(parts)
    )  # fmt: skip
    window = (Window("UTC", tuple(range(7)), 0, chance.choice([720, 1440])),)
    sites = {
        name: Site(name, chance.randint(1, 3), worker=chance.random() < 0.3,
                   windows=window if chance.random() < 0.2 else ())
        for name in sorted({one.site for one in hosts.values()})
    }  # fmt: skip
    down = (DownAtOnce("llm", chance.randint(1, 2), chance.random() < 0.5),)
    return Rollout(
        id=f"r{chance.randrange(1000)}", plan="p", fleet="f", commit="c", waves=waves, hosts=hosts,
        sites=sites, at_once=chance.randint(1, 6), down=down, stage=chance.random() < 0.5,
        deadline=Deadlines(host=60, silence=20, site=15, wave=300, lease_wait=45),
        budgets=Budgets(wave=chance.choice(["20%", 1, "50%"]), at_least=chance.randint(1, 2)),
        rollback=chance.choice(["none", "wave", "all"]), catch_up_every=100, lease=LEASE,
        catch_up_within=chance.choice([1.0, 400.0]),
    )  # fmt: skip


class History:
    """One history, from its seed: the same seed gives the same history."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test that can be repeated
        self.rollout = random_rollout(self.chance)
        trouble = self.chance.choice([0.0, 0.1, 0.4])
        self.world = World(self.chance, list(self.rollout.hosts), trouble)
        self.now = 1_000_000.0
        self.log: list[events.Event] = []
        self.state = begin(self.rollout)
        self.attempts: set[tuple[str, int]] = set()
        self.seed = seed
        self.lost = 0
        self.halted_before = False

    def run(self) -> str:
        """Return how it ended; raise `Violation`."""
        self.add(events.Opened(self.now, "me"))
        for _ in range(STEPS):
            self.step(fair=False)
            if self.chance.random() < 0.06:
                self.say(self.chance.choice(WORDS))
            if self.chance.random() < 0.05:
                self.die()
            if self.chance.random() < 0.006:
                self.lose()
        return self.end()

    def end(self) -> str:
        """Let everything go well, and a person answer: each history ends."""
        self.world.trouble = 0.0
        self.world.dead_sites.clear()
        for _ in range(FAIR):
            acted = self.step(fair=True)
            if self.state.ended and not decisions.late_hosts(self.state):
                break
            if self.state.ended and self.now - self.state.began_at > self.rollout.catch_up_within:
                break
            if not acted and not self.state.ended:
                self.answer()
        else:
            raise Violation("ends", f"{waits(self.state, self.rollout, self.now)}")
        self.check_incremental()
        return self.state.ended

    def seen(self) -> set[str]:
        """Return what has happened in it, by names: events, verdicts, outcomes and purposes."""
        found = {event.kind for event in self.log}
        found |= {
            event.outcome for event in self.log if isinstance(event, events.Done | events.Marked)
        }
        found |= {event.verdict for event in self.log if isinstance(event, events.Judged)}
        found |= {event.purpose for event in self.log if isinstance(event, events.Sent)}
        return found

    def answer(self) -> None:
        """Do as a person who is asked; nothing may be waited for that has no name."""
        named = waits(self.state, self.rollout, self.now)
        if not named:
            acts = decisions.decide(self.state, self.rollout, self.now)
            if not acts:
                raise Violation("names what it waits for", f"{self.state}")
        for wait in named:
            if wait.kind == "person":
                self.say("resume" if self.state.paused else "judge")
                break

    def step(self, *, fair: bool) -> bool:
        """One turn of the controller, at a later time; some of it may not come through."""
        self.now += self.chance.choice([0.5, 2, 5] if not fair else [2, 5, 20])
        if fair and any(
            wait.kind == "window" for wait in waits(self.state, self.rollout, self.now)
        ):
            self.now += 3600
        for news in self.world.news(self.now, fair=fair):
            self.add(replace(news, at=self.now))
        self.sites(fair=fair)
        acts = decisions.decide(self.state, self.rollout, self.now)
        for act in acts:
            if not fair and self.chance.random() < 0.03:
                self.die()
                return True
            self.do(act)
        self.check_world()
        return bool(acts)

    def sites(self, *, fair: bool) -> None:
        for name, site in self.rollout.sites.items():
            if site.worker and self.chance.random() < 0.02 and not fair:
                self.world.dead_sites ^= {name}
            if site.worker and name not in self.world.dead_sites:
                self.add(events.SiteSeen(self.now, name))

    def do(self, act: Action) -> None:
        self.check(act)
        self.add(act.event(self.now))
        if isinstance(act, Send):
            if self.chance.random() < 0.03:
                self.die()  # between the record and the effect
                return
            self.send(act)
        if isinstance(act, Mark) and self.state.hosts[act.host].attempt == 0 and self.lost:
            # It could not be read: which attempts it has had is not known, and its record is.
            self.attempts -= {one for one in self.attempts if one[0] == act.host}
        if isinstance(act, Mark) and act.task:
            self.world.cancel(act.host, act.task, self.now)

    def send(self, send: Send) -> None:
        gates = ()
        if send.purpose == "probe":
            gates = tuple(gate.name for gate in self.state.waves[send.wave].gates)
        self.world.send(send, self.now, gates)

    def add(self, event: events.Event) -> None:
        self.log.append(event)
        if isinstance(event, events.Done) and event.outcome == "taken-back":
            host = self.state.hosts[event.host]
            self.halted_before |= host.unread and host.task == event.task
        self.halted_before &= not isinstance(event, events.Halted)
        fold(self.rollout, [event], self.state)

    def die(self) -> None:
        """The controller dies; another one takes the rollout up from its events alone."""
        self.state = fold(self.rollout, self.log)
        self.add(events.Opened(self.now, "another"))
        flying = {host.task for host in self.state.hosts.values() if host.task}
        flying |= {
            probe.task
            for number, probe in self.state.probes.items()
            if number == self.state.active and number not in self.state.verdicts
        }
        for event in [one for one in self.log if isinstance(one, events.Sent)]:
            if event.task in flying:
                left = tuple(
                    name for name in event.hosts
                    if event.purpose == "probe" or self.state.hosts[name].task == event.task
                )  # fmt: skip
                self.send(
                    Send(event.task, event.purpose, event.site, left, event.wave, event.attempt)
                )

    def lose(self) -> None:
        """The store is lost; another controller knows the boards alone."""
        self.world.settle(self.now)
        self.world.lose(self.now)
        self.lost += 1
        self.halted_before = False
        self.log, self.state = [], begin(self.rollout)
        self.add(events.Rebuilt(self.now, "another", f"{self.lost}x"))
        self.add(events.Opened(self.now, "another"))
        self.attempts = {
            (name, number)
            for name, board in self.world.boards.items()
            for number in range(1, board.attempt + 1)
        }

    def say(self, word: str) -> None:
        """A person says something; what means nothing now is refused."""
        said = words.Said("ada", "because", self.now)
        number = self.state.active
        made = {
            "pause": lambda: words.pause(self.state, said),
            "resume": lambda: words.resume(self.state, said),
            "abort": lambda: words.abort(self.state, said),
            "judge": lambda: words.judge(
                self.state, number or 0, self.chance.choice(["pass", "pass", "fail"]), said
            ),
            "retry": lambda: words.retry(self.state, said),
            "undo": lambda: words.undo(self.state, self.rollout, None, said),
            "catch": lambda: words.catch_up(
                self.state, self.rollout, self.chance.sample([*self.rollout.hosts], 1), said
            ),
        }
        try:
            self.add(made[word]())
        except FleetError:
            return

    # What must hold.

    def check(self, act: Action) -> None:
        if isinstance(act, Send) and act.purpose in {"apply", "undo"}:
            self.check_limits(act)
        if isinstance(act, Send) and act.purpose == "apply":
            self.check_apply(act)
        if isinstance(act, Send) and act.purpose == "undo":
            for name in act.hosts:
                if not self.world.boards[name].ever:
                    raise Violation("undo reaches only what was changed", name)
        stopped = self.state.paused or self.state.halted or self.state.aborted
        if isinstance(act, Send) and act.purpose == "stage" and stopped:
            raise Violation("a halt sends nothing new", f"{act}")
        if isinstance(act, End) and act.how in {"done", "incomplete", "halted"}:
            self.check_half(act)
        if isinstance(act, End) and act.how == "done":
            untouched = [
                name for name, board in self.world.boards.items() if board.record == "begun"
            ]
            if untouched:
                raise Violation("done means done", f"{untouched}")

    def check_half(self, act: End) -> None:
        for name, board in self.world.boards.items():
            if board.record == "begun" and self.state.hosts[name].outcome in AS_IT_WAS:
                raise Violation("what is half changed is known", f"{name} {act}")

    def check_apply(self, act: Send) -> None:
        if self.state.paused or self.state.halted or self.state.aborted or self.state.ended:
            raise Violation("a halt sends nothing new", f"{act}")
        for number in range(act.wave):
            judged = self.state.verdicts.get(number)
            if judged is None or judged.verdict != "pass":
                raise Violation("no wave before its gate", f"wave {act.wave}, {number}: {judged}")
            self.check_gates(number)
        for name in act.hosts:
            if name not in self.state.waves[act.wave].hosts:
                raise Violation("no wave before its gate", f"{name} is not in wave {act.wave}")
            again = (name, act.attempt) in self.attempts
            if self.lost and not self.world.boards[name].attempt:
                again = False  # a task of before the loss has taken it back since
            if again or self.state.hosts[name].task:
                raise Violation("no host twice in an attempt", f"{name} {act.attempt}")
            self.attempts.add((name, act.attempt))
            if self.halted_before:
                raise Violation("what was halted stays halted", name)
            if self.state.hosts[name].unread:
                raise Violation("unread boards are not guessed", name)

    def check_gates(self, number: int) -> None:
        """A wave that passed by itself has read all gates, if it has a host to read them on."""
        judged, wave = self.state.verdicts[number], self.state.waves[number]
        probe = self.state.probes.get(number)
        if judged.by or (probe is None and judged.why.startswith("0 changed")):
            return
        for gate in wave.gates:
            read = probe.read.get(gate.name) if probe else None
            bad = (
                read is None
                or read.verdict == "no-data"
                or (read.verdict == "fail" and gate.measured)
            )
            if bad:
                raise Violation("no wave before its gate", f"wave {number}: {gate.name} {read}")

    def check_limits(self, act: Send) -> None:
        """Count independently: hosts in flight or held, and those that come now."""
        at_work = {
            name
            for name, host in self.state.hosts.items()
            if host.purpose in {"apply", "undo"} or host.held_until > self.now
        } | set(act.hosts)
        # Boards of before the store was lost may be more than the limits of theirs.
        self.check_counts(at_work, "believed", set(act.hosts))

    def check_world(self) -> None:
        at_work = self.world.working(self.now)
        self.check_counts(at_work, "true", at_work)

    def check_counts(self, at_work: set[str], what: str, new: set[str]) -> None:
        rollout = self.rollout
        if len(at_work) > rollout.at_once:
            raise Violation("no host beyond a budget", f"{what}: fleet {sorted(at_work)}")
        for name, site in rollout.sites.items():
            of_site = {host for host in at_work if rollout.hosts[host].site == name}
            if of_site & new and len(of_site) > site.at_once:
                raise Violation("no host beyond a budget", f"{what}: {name} {sorted(at_work)}")
        for limit in rollout.down:
            for site in rollout.sites if limit.per_site else ("",):
                of = {
                    host for host in at_work
                    if limit.group in rollout.hosts[host].groups
                    and site in {"", rollout.hosts[host].site}
                }  # fmt: skip
                if of & new and len(of) > limit.count:
                    raise Violation("no host beyond a budget", f"{what}: {limit} {sorted(at_work)}")

    def check_incremental(self) -> None:
        again = fold(self.rollout, self.log)
        if again != self.state:
            raise Violation("the fold is one", "event by event it gives another state")
        once, twice = (decisions.decide(again, self.rollout, self.now) for _ in range(2))
        if once != twice:
            raise Violation("the fold is one", f"{once} {twice}")


__all__ = ["Halt", "History", "Violation", "random_rollout"]
