"""The scan of `make lint` for secrets: what is planted is found, what is allowed has a reason."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.secret_scan import ALLOWED, main, read_allowed

# In parts, so that this file has no secret itself.
TOKENS = {
    "GitHub Token": "ghp_" + "wJ4kS9qLz2Xv7Bn3" + "Mt6Yc1Rf8Hd5Gp0Ke2Ua",
    "Secret Keyword": 'password = "Tr0ub4dor' + '-and-3-more"',
    "Private Key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "Base64 High Entropy String": 'x = "' + "aQ3dZ5fW7hJ9" + "kX2mN4pB6rS8" + 'tU0vG1xY"',
}
ENTRY = "- {files: '*', kind: Private Key, value: '.*', reason: the key of a test}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "tests/data").mkdir(parents=True)
    (tmp_path / ALLOWED).write_text("# nothing is allowed\n")
    (tmp_path / "plain.py").write_text('greeting = "hello"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def red(capsys: pytest.CaptureFixture[str]) -> str:
    """What the scan prints, which must end with an error."""
    with pytest.raises(SystemExit) as end:
        main()
    return f"{capsys.readouterr().err}{end.value}"


def test_planted_secrets_are_found_until_they_are_removed(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main()
    for number, line in enumerate(TOKENS.values()):
        (repository / f"planted{number}.py").write_text(f"a = 1\n{line}\n")
    for _ in range(2):  # the second scan has a cache
        said = red(capsys)
        for number, kind in enumerate(TOKENS):
            assert f"planted{number}.py:2: {kind}\n" in said
        assert "plain.py" not in said
        assert "write an entry with its reason" in said
    for number in range(len(TOKENS)):
        (repository / f"planted{number}.py").unlink()
    main()


def test_what_is_allowed_has_a_reason_and_is_still_there(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "key.pem").write_text(TOKENS["Private Key"])
    (repository / ALLOWED).write_text(ENTRY)
    main()
    main()
    (repository / "key.pem").unlink()
    assert "entry 1 (*, Private Key) matches nothing: remove it" in red(capsys)


@pytest.mark.parametrize("reason", ["", ", reason: ''"])
def test_an_entry_without_a_reason_is_an_error(reason: str) -> None:
    with pytest.raises(SystemExit, match="entry 1 needs exactly files, kind, reason, value"):
        read_allowed(ENTRY.replace(", reason: the key of a test", reason))


def test_a_file_that_git_ignores_is_not_read(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.twins.yaml\n")
    (repository / "lab.twins.yaml").write_text(TOKENS["GitHub Token"])
    main()
