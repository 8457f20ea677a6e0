"""What a run has revealed is replaced in all that it prints, logs and records."""

from __future__ import annotations

import base64
import html
import json
import logging
import shlex
import string
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jetfleet.board.secret_form import mask_forms
from jetfleet.events.event import Changed, Failed, Inspected
from jetfleet.events.text import LINE_CHARACTERS
from jetfleet.events.write import json_line
from jetfleet.redaction import hide, looks_like_key, mask_keys, redact, redactor
from jetfleet.steps.readiness import Readiness

TEXT = "pä ss'\"w\\ord/+&<0rd>%"


@pytest.fixture(autouse=True)
def nothing_hidden_before() -> Iterator[None]:
    before = set(redactor._FORMS), list(redactor._PATTERN)
    redactor._FORMS.clear()
    redactor._PATTERN.clear()
    yield
    redactor._FORMS.clear()
    redactor._FORMS.update(before[0])
    redactor._PATTERN[:] = before[1]


FORMS = {
    "as it is": TEXT,
    "JSON": json.dumps(TEXT),
    "JSON, all letters": json.dumps(TEXT, ensure_ascii=False),
    "Python": repr(TEXT),
    "shell": shlex.quote(TEXT),
    "shell, as sh prints it": "'" + TEXT.replace("'", "'\\''") + "'",
    "URL": quote(TEXT, safe=""),
    "URL, path": quote(TEXT),
    "URL, form": quote_plus(TEXT),
    "HTML": html.escape(TEXT),
    "hex": TEXT.encode().hex(),
    "base64": base64.b64encode(TEXT.encode()).decode(),
    "base64 of a header": base64.b64encode(f"user:{TEXT}".encode()).decode(),
    "base64 of a file": base64.b64encode(f"A=1\nKEY={TEXT}\nB=2\n".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"x{TEXT}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_usual_form_is_replaced(form: str) -> None:
    assert redact(FORMS[form]) == FORMS[form]
    hide(TEXT)
    shown = redact(f"said {FORMS[form]} and ended")
    assert "***" in shown
    assert len(shown) < len(f"said {FORMS[form]} and ended")
    assert "0rd" not in shown
    assert shown.startswith("said ")
    assert shown.endswith(" and ended")


@settings(max_examples=60, deadline=None)
@given(
    secret=st.text(string.printable[:-6] + "äß€", min_size=4, max_size=40),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
)
def test_no_base64_of_any_data_around_it_can_be_decoded_to_it(
    secret: str, before: bytes, after: bytes
) -> None:
    hide(secret)
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    if redact(encoded) == encoded:
        # Of four characters there are places where no four digits stand for it alone.
        assert len(secret.encode()) < 5


def test_the_longer_of_two_secrets_is_replaced_whole() -> None:
    hide("tiger")
    hide("tiger-lily-7")
    assert redact("tiger-lily-7 tiger") == "*** ***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:pw0@cache:6379/0", "redis://:***@cache:6379/0"),
        ("https://ann:pw0@mirror.example/x", "https://ann:***@mirror.example/x"),
        ("Authorization: Bearer abcd1234efgh", "Authorization: Bearer ***"),
        ('"authorization": "Basic dXNlcjpwYXNz"', '"authorization": "Basic ***"'),
        ("-H 'Bearer tok3n-value'", "-H 'Bearer ***'"),
        ("key nvapi-abcdefghijklmnop1234 set", "key *** set"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "***"),
    ],
)
def test_what_looks_like_a_key_is_replaced_though_nobody_revealed_it(text: str, shown: str) -> None:
    assert mask_keys(text) == shown
    assert mask_keys(shown) == shown
    assert not looks_like_key(shown)


@pytest.mark.parametrize(
    "text",
    ["http://192.0.2.1:8000/v1", "the bearer authentication of OAuth", "docker://a:b c@d", "a@b:c"],
)
def test_plain_text_stays(text: str) -> None:
    assert mask_keys(text) == text
    assert not looks_like_key(text)


def test_an_event_has_no_secret_even_where_its_text_is_cut() -> None:
    hide("tiger-lily-7")
    long = "x" * (LINE_CHARACTERS - 4) + "tiger-lily-7"
    failed = Failed(host="a", resource="service:s", begun=1, changes=(), reason=long)
    inspected = Inspected(host="a", readings={"log": ["key tiger-lily-7", {"k": long}]})
    for event in (failed, inspected):
        assert "tige" not in json_line(event)
        assert "***" in json_line(event)


def test_a_secret_that_is_a_word_of_a_name_leaves_the_name() -> None:
    hide("jetson")
    changed = Changed(host="jetson-1", resource="service:jetson", begun=1, changes=())
    assert '"host":"jetson-1","phase":"","event":"changed","resource":"service:jetson"' in (
        json_line(changed)
    )


def test_a_line_of_progress_is_redacted_before_it_is_cut() -> None:
    hide("tiger-lily-7")
    line = "y" * 94 + "tiger-lily-7"
    found = Readiness("s", "s.service", 0).progress(f"ActiveState=activating\n-- log\n{line}\n")
    assert "tiger" not in found.line


def test_a_log_record_that_does_not_fit_its_arguments_stays() -> None:
    record = logging.getLogRecordFactory()("n", 10, "f", 1, "%d", ("x",), None)
    assert record.msg == "%d"


KEYS_OF_SERVICES = {
    "NVIDIA": "nvapi-canary0canary0canary0",
    "Hugging Face": "hf_canary0canary0canary0",
    "GitHub": "ghp_canary0canary0canary0",
    "GitHub, fine-grained": "github_pat_canary0canary0canary0",
    "GitLab": "glpat-canary0canary0canary0",
    "OpenAI": "sk-canary0canary0canary0canary0",
    "AWS": "AKIA0CANARYCANARY000",
    "a token (RFC 7519)": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5",
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "a password in a URL": "https://ann:canary-1@mirror.example/x",
    "a password alone": "redis://:canary-1@cache:6379",
    "a header": "Authorization: Bearer canary0canary0",
    "a proxy's header": "proxy-authorization: basic Y2FuYXJ5OmNhbmFyeQ==",
}


@pytest.mark.parametrize("name", KEYS_OF_SERVICES)
def test_board_and_workstation_know_the_same_keys(name: str) -> None:
    """`jetfleet.board.secret_form` is sent to boards, and knows at least what is masked here."""
    text = f"x {KEYS_OF_SERVICES[name]} y"
    for masked in (mask_keys(text), mask_forms(text)):
        assert "***" in masked
        assert "canary" not in masked.lower()
        assert masked != text
