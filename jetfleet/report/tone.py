"""Which of the page's colours a word of a rollout has; the word stands beside it always."""

from __future__ import annotations

from jetfleet.rollout.outcomes import GOOD, MEANING

_GOOD = GOOD | {"pass", "done", "staged"}
_BAD = frozenset(
    {"fail", "halted", "halting", "not-back", "no-way-back", "undo-failed", "aborted", "aborting"}
)
_LOOK = frozenset(
    {"refused", "undone", "inconclusive", "ready", "paused", "incomplete", "no-data", "unknown"}
)
_WORK = frozenset(
    {"running", "in-work", "being-taken-back", "being-surveyed", "being-staged", "in work"}
)


def tone(word: str) -> str:
    """Return the class of the style sheet for a state, an outcome or a verdict."""
    meaning = MEANING.get(word)
    if word in _GOOD:
        return "safe"
    if word in _BAD or (meaning and meaning.failed):
        return "bad"
    if word in _LOOK:
        return "caution"
    if word in _WORK:
        return "changes"
    return "unreachable" if meaning and meaning.quarantined else "plain"
