"""The bandwidth of a rollout: what its tasks give to boards stays within it, however many run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.resources import Image, Model, ModelFile, RunOptions
from jetfleet.resources.base import rate_of
from jetfleet.resources.model.image_files import ImageFiles
from jetfleet.rollout.boards import Task
from jetfleet.rollout.budget import rate_at
from jetfleet.rollout.here.folder import TaskFolder
from jetfleet.rollout.here.task_process import work_of
from jetfleet.rollout.rollout import Rollout, Site
from jetfleet.steps import Refused
from tests.support.rollout_plans import plan_file
from tests.support.rollouts import controller, rollout_of, simulated

MBIT = 10**6


def limited(rollout: Rollout, site: int | None, fleet: int | None = None) -> Rollout:
    sites = {name: replace(one, bandwidth=site) for name, one in rollout.sites.items()}
    return replace(rollout, sites=sites, bandwidth=fleet)


@pytest.mark.parametrize("stage", [True, False])
def test_all_that_fetch_at_the_same_time_stay_within_the_rates(
    stage: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
) -> None:
    """Of each moment: the tasks in flight of a site, by what they were given."""
    boards = simulated(tmp_path)
    rollout = limited(rollout_of([2, 12, 30], at_once=5, stage=stage), 8 * MBIT, 12 * MBIT)
    driven = controller(tmp_path, rollout, boards)
    assert driven.run() == 0
    rates = {task.task: task.rate or 0 for task in driven.state.tasks.values()}
    most: dict[str, int] = {}
    for row in boards.rows:
        at = [one for one in boards.rows if one.starts <= row.starts < one.ends]
        of_site = sum(rates[one.task] for one in at if one.site == row.site)
        most["site"] = max(most.get("site", 0), of_site)
        most["fleet"] = max(most.get("fleet", 0), sum(rates[one.task] for one in at))
    assert 0 < most["site"] <= 8 * MBIT
    assert 0 < most["fleet"] <= 12 * MBIT
    assert most["fleet"] > 4 * MBIT, "the line is used"


@pytest.mark.parametrize(
    ("site", "fleet", "stage", "rate"),
    [
        (None, None, True, None),
        (8 * MBIT, None, False, 2 * MBIT),
        (8 * MBIT, None, True, MBIT),
        (None, 8 * MBIT, False, MBIT),
        (8 * MBIT, 2 * MBIT, False, MBIT // 4),
        (3, 3, True, 1),
    ],
)
def test_the_smaller_share_counts(
    site: int | None,
    fleet: int | None,
    stage: bool,  # noqa: FBT001 - a parameter of the test
    rate: int | None,
) -> None:
    rollout = limited(rollout_of([2, 28], at_once=4, stage=stage), site, fleet)
    assert rate_at(rollout, "site-0") == rate
    assert rate_at(rollout, "") is None, "a probe fetches nothing"


def test_a_site_with_few_hosts_divides_by_those() -> None:
    rollout = limited(rollout_of([1, 1], sites=1, at_once=8, stage=True), 8 * MBIT)
    assert (
        rate_at(replace(rollout, sites={**rollout.sites, "x": Site("x", 1)}), "site-0") == 4 * MBIT
    )


@pytest.mark.parametrize("purpose", ["apply", "stage", "undo"])
def test_a_run_of_a_task_is_given_bytes_a_second(purpose: str, tmp_path: Path) -> None:
    made = plan_file(rollout_of([1]), before="c0ffee")
    for rate, said in {8_000_000: "rate=1000000", 3: "rate=1", None: ""}.items():
        task = Task(
            f"r1/0-{purpose}/1", purpose, "r1", made.rollout.plan, made.rollout.commit,  # type: ignore[arg-type]
            "site-0", ("board-0000",), 0, 1, rate,
        )  # fmt: skip
        work = work_of(task, made.reviewed, "board-0000", Everything(), TaskFolder(tmp_path))  # type: ignore[arg-type]
        data = next(work).target.data
        assert [one for one in data if one.startswith("rate=")] == ([said] if said else [])


class Everything:
    """A clone that has each commit."""

    def has(self, commit: str) -> bool:
        return bool(commit)


MODEL = Model(
    name="m",
    revision="r",
    source="hf:a/b",
    directory="/models",
    files=(ModelFile("a", 1, "0" * 64),),
)


@pytest.mark.parametrize(
    ("max_rate", "share", "given", "rate"),
    [
        ("", 0, 0, 0),
        ("", 0, 500, 500),
        ("", 300, 500, 300),
        ("", 700, 500, 500),
        ("1K", 0, 5000, 1024),
    ],
)
def test_a_model_comes_at_the_smallest_rate(
    max_rate: str, share: int, given: int, rate: int
) -> None:
    model = replace(MODEL, max_rate=max_rate, share=share)
    assert model.within(given).rate == rate
    assert model.within(given) == model, "it is the same model"
    assert model.within(given).desired() == model.desired()
    assert replace(model, offline=True).within(given).share == share, "a bundle is no internet"


def test_blobs_of_an_image_keep_their_kind() -> None:
    one = ImageFiles(**vars(MODEL), image="a:1")
    assert isinstance(one.within(5), ImageFiles)
    assert Image("a", "1").near is None
    assert RunOptions().rate == 0


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "20M", "", "9" * 13, "1\n", "$(x)", True])
def test_a_rate_of_another_form_is_refused(given: object) -> None:
    with pytest.raises(Refused, match="without a unit"):
        rate_of(given)


def test_a_rate_as_pyinfra_has_it() -> None:
    assert (rate_of(None), rate_of("20"), rate_of(7)) == (0, 20, 7)
