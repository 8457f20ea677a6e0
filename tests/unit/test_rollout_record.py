"""The rollout in the record of a board: how a resumed rollout knows what it has changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jetfleet.resources import Applied, Leftovers, Removal, RunOptions
from jetfleet.resources.applied import RemovalState, read_record
from jetfleet.resources.applied.images import Images, short
from jetfleet.resources.base import NO_ROLLOUT, Rollout, rollout_of
from jetfleet.steps import Refused

APPLIED = Applied((), (), put=(("service:new", ""),), deploy="llm.py")
BACK = Rollout("a", back=True, commit="beef")
FIRST, SECOND = Rollout("2026-11-29-nightly", 1), Rollout("2026-11-29-nightly", 2)


def written(script: str) -> dict[str, Any]:
    """The record that a script writes, as it is read again."""
    job = json.loads(next(line for line in script.splitlines() if line.startswith("{")))["job"]
    record = read_record(job["text"])
    assert record is not None
    return record


def recorded(before: dict[str, Any], rollout: Rollout) -> dict[str, Any]:
    options = RunOptions(rollout=rollout)
    (step,) = APPLIED.steps(before, (), options, None)  # type: ignore[arg-type]
    return written(step.script)  # type: ignore[union-attr]


def test_a_run_without_a_rollout_has_no_field_for_it() -> None:
    assert not {"rollout", "attempt"} & recorded({}, NO_ROLLOUT).keys()
    assert not {"rollout", "attempt"} & written(APPLIED.announcement({})).keys()


def test_a_rollout_is_recorded_before_the_first_change_and_at_the_end() -> None:
    begun = written(APPLIED.announcement({}, (), FIRST))
    assert (begun["rollout"], begun["attempt"]) == FIRST[:2]
    assert APPLIED.announcement(begun, (), FIRST) == "", "once in a run"
    ended = recorded(begun, FIRST)
    assert (ended["rollout"], ended["attempt"]) == FIRST[:2]
    assert APPLIED.compare(ended, RunOptions(rollout=SECOND)) == [], "another one is no difference"


def test_a_board_that_drifted_is_recorded_though_its_record_is_the_same() -> None:
    ended = recorded({}, FIRST)
    again = written(APPLIED.announcement(ended, (), SECOND))
    assert (again["rollout"], again["attempt"]) == SECOND[:2]
    assert APPLIED.announcement(ended) == ""


def test_a_later_run_of_its_own_takes_the_rollout_from_the_record() -> None:
    ended = recorded({}, FIRST)
    assert "rollout" not in recorded(ended, NO_ROLLOUT)


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "a\n", "é", "x" * 65, "$(x)", None])
def test_an_id_of_another_form_is_refused(name: str | None) -> None:
    with pytest.raises(Refused, match="not the id of a rollout"):
        rollout_of(name, "1")


@pytest.mark.parametrize("attempt", ["0", "-1", "x", "1.5", "99999", "", True])
def test_an_attempt_of_another_form_is_refused(attempt: object) -> None:
    with pytest.raises(Refused, match="not a number of an attempt"):
        rollout_of("a", attempt)


def test_options_as_pyinfra_has_them() -> None:
    assert rollout_of(None, None) == NO_ROLLOUT
    assert rollout_of("a", None) == Rollout("a", 1)
    assert rollout_of("2026", 3) == Rollout("2026", 3)
    assert rollout_of(None, None, "a", "beef") == BACK


def test_a_board_is_of_the_rollout_until_it_is_taken_back() -> None:
    ended = recorded({}, Rollout("a", 2))
    put = written(APPLIED.announcement({**ended, "put": {}}, (), BACK))
    assert (put["rollout"], put["attempt"]) == ("a", 2), "it is only begun"
    assert APPLIED.announcement(ended, (), BACK) == "", "there is nothing to announce"
    back = recorded(ended, BACK)
    assert (back["taken_back"], "rollout" in back, "attempt" in back) == ("a", False, False)
    assert "taken_back" not in written(APPLIED.announcement(back, (), Rollout("a", 3)))
    assert "taken_back" not in recorded(back, Rollout("b", 1))
    assert recorded(back, NO_ROLLOUT)["taken_commit"] == "beef", "until it is brought again"


def test_the_commit_that_was_taken_back_is_named_until_another_rollout_brings_it() -> None:
    record = {"taken_back": "a\x1b[2J" + "x" * 999, "taken_commit": "c0ffee"}
    taken = Applied((), (), commit="c0ffee")
    assert "has taken the commit c0ffee back" in taken.taken_back(record)
    (note,) = taken.notes(record)
    assert note.isprintable()
    assert len(note) < 400
    for other in ("", "c0ffee+", "beef"):
        assert Applied((), (), commit=other).taken_back(record) == ""
    assert Applied((), (), commit="c0ffee", brings=True).taken_back(record) == ""


@pytest.mark.parametrize(
    "given", [(None, None, "x" * 65), (None, None, "a\n"), ("a", None, "a"), (None, "1", "a")]
)
def test_a_way_back_of_another_form_is_refused(given: tuple[object, object, object]) -> None:
    with pytest.raises(Refused, match="taken-back"):
        rollout_of(*given)


@pytest.mark.parametrize("commit", ["x", "$(x)", "a" * 65, "A", "a\n", 1.5])
def test_a_commit_of_another_form_is_refused(commit: object) -> None:
    with pytest.raises(Refused, match="taken-commit"):
        rollout_of(None, None, "a", commit)


OLD, NEW, OLDER = (f"image:r.example/{name}@sha256:{name[0] * 64}" for name in ("a", "b", "c"))
BEFORE = {
    "put": {OLD: {"by": ["llm.py"], "tag": ""}, OLDER: {"by": [], "tag": ""}},
    "models": ["qwen/r1"],
}


def changed(before: dict[str, Any], rollout: Rollout) -> dict[str, Any]:
    """The record after a run that has another image and another model."""
    applied = Applied((), ("qwen/r2",), data=((NEW, ""),), deploy="llm.py")
    begun = applied.announcement(before, [NEW], rollout)
    before = written(begun) if begun else before
    (step,) = applied.steps(before, (), RunOptions(rollout=rollout), None)  # type: ignore[arg-type]
    return written(step.script)  # type: ignore[union-attr]


def removable(record: dict[str, Any]) -> set[str]:
    """Images and models that a run with `prune` would remove from a board that has all of them."""
    images = Images({short(one.removeprefix("image:")): one[6:9] for one in (OLD, NEW, OLDER)})
    removal = Removal(frozenset({NEW}), "llm.py", last=True)
    state = RemovalState(record, {}, frozenset(), images=images)
    listed = "".join(f"size 1\t/models/qwen/{name}\n" for name in ("r1", "r2"))
    leftovers = Leftovers("/models", ("qwen/r2",))
    found = Leftovers.read(f"applied {json.dumps(record)}\n{listed}", [leftovers])
    options = RunOptions(prune=True)
    return {
        *(one.attribute for one in removal.compare(state, options)),
        *(one.attribute for one in leftovers.compare(found[leftovers.key], options)),
    }


def test_what_a_way_back_needs_stays_through_all_attempts_of_a_rollout() -> None:
    first = changed(BEFORE, FIRST)
    second = changed(first, SECOND)
    assert first["holds"] == second["holds"] == [OLD, "model:qwen/r1"]
    for record in (first, second):
        assert removable(record) == {OLDER}
    assert removable({**second, "holds": []}) == {OLD, OLDER, "qwen/r1"}


def test_what_was_held_goes_once_another_run_has_changed_the_board() -> None:
    first = changed(BEFORE, FIRST)
    for rollout in (NO_ROLLOUT, Rollout("next", 1)):
        after = changed(first, rollout)
        assert removable(after) == {OLD, OLDER, "qwen/r1"}
        assert "holds" not in changed(first, BACK)


def test_what_a_run_had_only_begun_is_not_held() -> None:
    begun = {"put": {OLD: {"by": ["llm.py"], "begun": True}}}
    assert "holds" not in changed(begun, FIRST)
