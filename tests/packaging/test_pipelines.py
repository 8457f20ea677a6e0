"""The pipelines of docs/ci, on a pull request: their steps are run in a clone with a change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.support.pipelines import GITHUB, GITLAB, Clone, github_steps, gitlab_steps

WAVES = "\n\n## rollout of `lab.yaml`\n\n5 hosts in"
CHANGE = ("max-num-seqs: 1  #", "max-num-seqs: 2  #")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A branch on which one option of one board was changed."""
    clone = Clone.of_head(tmp_path_factory.mktemp("ci"))
    clone.edit(*CHANGE)
    return clone


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The same in a repository that `jetfleet init` has laid out."""
    fleet = Clone.of_init(tmp_path_factory.mktemp("init"))
    fleet.edit("max-num-seqs: 4", "max-num-seqs: 2")
    return fleet


def test_a_new_fleet_has_the_pipelines_of_the_guide(fleet: Clone) -> None:
    assert (fleet.folder / ".github/workflows/fleet.yml").read_bytes() == GITHUB.read_bytes()
    assert (fleet.folder / ".gitlab-ci.yml").read_bytes() == GITLAB.read_bytes()


def expressions(clone: Clone) -> dict[str, str]:
    return {
        "github.event.pull_request.base.sha": clone.base,
        "github.event.pull_request.number": "7",
        "github.repository": "ours/fleet",
        "github.token": "a-token",
    }


@pytest.mark.parametrize(
    ("of", "host", "service"), [("clone", "nano", "cosmos"), ("fleet", "nano-1", "chat")]
)
def test_github_reviews_a_pull_request(
    of: str, host: str, service: str, request: pytest.FixtureRequest
) -> None:
    clone = request.getfixturevalue(of)
    for step in github_steps("review", expressions(clone)):
        assert "a-token" not in step.env.values()
        clone.run(step)
    body = (clone.folder / "diff.md").read_text()
    assert host in body
    assert "max-num-seqs: 2" in body
    assert "jetfleet: 1 host changes" in body
    assert (WAVES in body) == (of == "clone"), "only the example has a rollout file"
    assert body in clone.said("GITHUB_STEP_SUMMARY")
    rendered = clone.folder / f"rendered/{host}/etc/jetfleet/{service}/vllm.yaml"
    assert "max-num-seqs: 2" in rendered.read_text()


@pytest.fixture
def empty(tmp_path: Path) -> Clone:
    """Where a job without a checkout runs: a folder that has the artifact alone."""
    folder = tmp_path / "workspace"
    (folder / "diff").mkdir(parents=True)
    return Clone(folder, base="none", path=[str(tmp_path)])


@pytest.fixture
def gh(tmp_path: Path) -> Path:
    """`gh`, which would ask GitHub: what it is given is kept in `said` and `body`."""
    program = tmp_path / "gh"
    program.write_text(
        f'#!/bin/sh\necho "$GH_TOKEN $GH_REPO $*" > {tmp_path}/said\ncp "$5" {tmp_path}/body\n'
    )
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "posted"),
    [
        (b"### jetfleet: 1 host changes\n", "### jetfleet: 1 host changes\n"),
        (b"$(touch pwned) `touch pwned` --body-file /etc/passwd\n", None),
        ("é".encode() * 60_000, "é" * 30_000),
        (b"cut \xff here\n", "cut  here\n"),
    ],
)
def test_github_posts_what_the_review_wrote_as_data(
    written: bytes, posted: str | None, empty: Clone, gh: Path
) -> None:
    (empty.folder / "diff/diff.md").write_bytes(written)
    (step,) = github_steps("comment", expressions(empty))
    empty.run(step)
    said = "a-token ours/fleet pr comment 7 --body-file comment.md --edit-last --create-if-none\n"
    assert (gh / "said").read_text() == said
    assert (gh / "body").read_text() == (written.decode() if posted is None else posted)
    assert not (empty.folder / "pwned").exists()


def test_github_posts_no_file_of_the_job(empty: Clone, gh: Path) -> None:
    (empty.folder / "diff/diff.md").symlink_to("/proc/self/environ")
    (step,) = github_steps("comment", expressions(empty))
    with pytest.raises(AssertionError):
        empty.run(step)
    assert not (gh / "said").exists()


def test_github_finds_the_boards_that_change(clone: Clone) -> None:
    install, changed, *_ = github_steps("twins", expressions(clone))
    clone.run(install)
    assert clone.run(changed).splitlines()[-1] == "nano"


class Notes(BaseHTTPRequestHandler):
    """GitLab's notes of a merge request: keeps what is posted."""

    posted: list[tuple[str, str, str]] = []  # noqa: RUF012 - of this one test

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Notes.posted.append((self.path, self.headers["PRIVATE-TOKEN"], body))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gitlab() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Notes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/v4"
    server.shutdown()


def test_gitlab_reviews_a_merge_request(clone: Clone) -> None:
    (step,) = gitlab_steps("review")
    clone.run(step, CI_MERGE_REQUEST_DIFF_BASE_SHA=clone.base)
    body = (clone.folder / "diff.md").read_text()
    assert "max-num-seqs: 2" in body
    assert WAVES in body


def posted(clone: Clone, gitlab: str) -> tuple[str, str, str]:
    """The note that the job `comment` posts: its path, its token, its text."""
    Notes.posted.clear()
    (step,) = gitlab_steps("comment")
    clone.run(
        step,
        CI_API_V4_URL=gitlab,
        CI_PROJECT_ID="12",
        CI_MERGE_REQUEST_IID="7",
        FLEET_TOKEN="a-token",  # noqa: S106 - made up
    )
    ((path, token, body),) = Notes.posted
    return path, token, parse_qs(body, strict_parsing=True)["body"][0]


@pytest.mark.parametrize("text", ["1 host & more = less\n", "@/etc/passwd <x ; type=y\n"])
def test_gitlab_posts_what_the_review_wrote_as_data(text: str, empty: Clone, gitlab: str) -> None:
    (empty.folder / "diff.md").write_text(text)
    where = "/api/v4/projects/12/merge_requests/7/notes"
    assert posted(empty, gitlab) == (where, "a-token", text)


def test_gitlab_posts_no_file_of_the_job(empty: Clone, gitlab: str) -> None:
    (empty.folder / "diff.md").symlink_to("/proc/self/environ")
    with pytest.raises(AssertionError):
        posted(empty, gitlab)
    assert Notes.posted == []


def test_a_rollout_file_that_is_wrong_ends_the_review(tmp_path: Path) -> None:
    clone = Clone.of_head(tmp_path)
    path = clone.folder / "inventory/rollout.yaml"
    path.write_text(path.read_text().replace("waves:", "wavs:"))
    clone.commit("Write wavs")
    install, *steps = github_steps("review", expressions(clone))
    for step in (install, *steps[:-1]):
        clone.run(step)
    with pytest.raises(AssertionError, match="6:1: error: wavs"):
        clone.run(steps[-1])


def test_a_spec_that_is_wrong_ends_the_review_at_its_first_step(tmp_path: Path) -> None:
    clone = Clone.of_head(tmp_path)
    clone.edit("max-num-seqs: 1  #", "max-num-seks: 1  #")
    install, validate, *_ = github_steps("review", expressions(clone))
    clone.run(install)
    with pytest.raises(AssertionError, match="the unknown option max-num-seks"):
        clone.run(validate)
