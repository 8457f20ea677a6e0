from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from twins.standins.hubs.content import models
from twins.standins.hubs.content.safetensors import Weights
from twins.standins.hubs.exchange import Reply, Request
from twins.standins.hubs.faults import Fault, Faults
from twins.standins.hubs.ngc import site as ngc
from twins.standins.hubs.send import outgoing
from twins.standins.hubs.signing import Signer
from twins.standins.hubs.store import Store

if TYPE_CHECKING:
    from pathlib import Path

KEY = "nvapi-right"
COSMOS = "/v2/org/nim/team/nvidia/models/cosmos-reason2-2b"
VERSION = "1208-fp8-static-kv8"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> ngc.Api:
    every = models.publish(tmp_path_factory.mktemp("cache"))
    published = [model for model in every if model.definition.hub == "ngc"]
    store = Store("files.ngc.nvidia.com", "/org/", Signer(60))
    return ngc.Api(published, frozenset({KEY, "legacy"}), Signer(60), store)


def ask(api: ngc.Api, target: str, authorization: str | None = f"Bearer {KEY}") -> Reply:
    headers = {"Host": "api.ngc.nvidia.com"}
    if authorization:
        headers["Authorization"] = authorization
    reply = api.answer(Request.read("GET", target, headers, b""))
    assert reply is not None
    return reply


def test_weights_have_true_headers() -> None:
    weights = Weights("seed", 1 << 20, shards=2, tensors=6, dtype="BF16")
    listed = weights.index()["weight_map"]
    for number, file in enumerate(weights.shard_names()):
        content = b"".join(weights.shard(number))
        length = int.from_bytes(content[:8], "little")
        assert length % 8 == 0
        tensors = json.loads(content[8 : 8 + length])
        assert tensors.pop("__metadata__") == {"format": "pt"}
        assert {name for name, where in listed.items() if where == file} == set(tensors)
        assert max(t["data_offsets"][1] for t in tensors.values()) == len(content) - 8 - length
        for tensor in tensors.values():
            rows, columns = tensor["shape"]
            begin, end = tensor["data_offsets"]
            assert rows * columns * 2 == end - begin
    assert b"".join(weights.shard(0)) == b"".join(weights.shard(0))


def test_models_are_laid_out_once_and_again_in_another_size(tmp_path: Path) -> None:
    first = models.publish(tmp_path)
    assert models.publish(tmp_path) == first
    cosmos = next(one for one in first if one.definition.name.endswith("/cosmos-reason2-2b"))
    assert 6_000_000 < sum(file.size for file in cosmos.files) < 6_500_000
    big = models.publish(tmp_path, {cosmos.definition.target: 20_000_000})
    (resized,) = (one for one in big if one not in first)
    assert resized.definition.name == cosmos.definition.name
    assert sum(file.size for file in resized.files) > 19_000_000


def test_a_signature_is_for_one_path_and_for_a_while() -> None:
    clock = Clock()
    signer = Signer(60, clock)
    url = signer.url("https://files.example", "/a b")
    request = Request.read("GET", url.removeprefix("https://files.example"), {}, b"")
    assert request.path == "/a b"
    assert signer.allows(request.path, request.query)
    assert not signer.allows("/a c", request.query)
    assert not signer.allows(request.path, {**request.query, "Signature": "ä"})
    assert not Signer(60, clock).allows(request.path, request.query)
    token = signer.token()
    assert signer.knows(token)
    clock.now += 60
    assert not signer.allows(request.path, request.query)
    assert not signer.knows(token)


def test_the_listing_has_the_digests(api: ngc.Api) -> None:
    reply = ask(api, f"{COSMOS}/versions/{VERSION}/files?page-size=1000")
    listed = json.loads(reply.body)
    assert len(listed["modelFiles"]) == listed["paginationInfo"]["totalResults"] == 9
    assert all(len(base64.b64decode(f["sha256_base64"])) == 32 for f in listed["modelFiles"])
    pages = [
        json.loads(ask(api, f"{COSMOS}/versions/{VERSION}/files?page-size=4&page-number={n}").body)
        for n in range(3)
    ]
    assert pages[0]["paginationInfo"]["totalPages"] == 3
    assert [f for page in pages for f in page["modelFiles"]] == listed["modelFiles"]


@pytest.mark.parametrize(
    ("target", "authorization", "status"),
    [
        (COSMOS, f"Bearer {KEY}", 200),
        (COSMOS, "Bearer nvapi-wrong", 401),
        (COSMOS, "Bearer legacy", 401),  # that one has to be exchanged
        (COSMOS, None, 401),
        (f"{COSMOS}/versions/none", f"Bearer {KEY}", 404),
        (f"{COSMOS}-none", f"Bearer {KEY}", 404),
        ("/v2/models/nim/nvidia/cosmos-reason2-2b", None, 401),
        ("/v2/models/nvidia/tao/peoplenet", None, 200),
        ("/v2/models/nvidia/tao/none", None, 404),
        ("/token?service=ngc", None, 401),
        ("/v3/keys/get-caller-info", "Bearer nvapi-wrong", 401),
        (f"{COSMOS}/{VERSION}/files?path=none", f"Bearer {KEY}", 404),
        (
            "/v2/org/nim/team/meta/models/llama-3.2-1b-instruct/versions/hf-9213176-nim/files",
            f"Bearer {KEY}",
            412,
        ),
    ],
)
def test_who_gets_what(api: ngc.Api, target: str, authorization: str | None, status: int) -> None:
    reply = ask(api, target, authorization)
    assert reply.status == status
    code = json.loads(reply.body)["requestStatus"]["statusCode"]
    assert (code == "SUCCESS") == (status == 200)


def test_a_legacy_key_is_exchanged_for_a_token(api: ngc.Api) -> None:
    basic = base64.b64encode(b"$oauthtoken:legacy").decode()
    token = json.loads(ask(api, "/token?service=ngc", f"Basic {basic}").body)["token"]
    assert ask(api, COSMOS, f"Bearer {token}").status == 200


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        (None, 200, b"0123456789"),
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=5-99", 206, b"56789"),
        ("bytes=10-", 416, b""),
        ("bytes=-", 200, b"0123456789"),
    ],
)
def test_ranges(tmp_path: Path, asked: str | None, status: int, body: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    headers = {"Range": asked} if asked else {}
    out = outgoing(Request.read("GET", "/", headers, b""), Reply(200, file=file), None)
    assert (out.status, b"".join(out.pieces())) == (status, body)
    assert dict(out.headers)["Content-Length"] == str(len(body))


def test_a_byte_is_flipped_at_its_place_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    request = Request.read("GET", "/", {"Range": "bytes=4-"}, b"")
    out = outgoing(request, Reply(200, file=file), Fault(flip=5))
    assert b"".join(out.pieces()) == b"4" + bytes([ord("5") ^ 0xFF]) + b"6789"


def test_faults_are_taken_as_often_as_they_say() -> None:
    faults = Faults()
    faults.add(Fault(match="files*", times=2, cut=5))
    faults.add(Fault(match="*", times=None, status=503))
    taken = [faults.take("files/a") for _ in range(3)]
    assert [fault.cut if fault else None for fault in taken] == [5, 5, None]
    assert taken[2] is not None
    assert taken[2].status == 503
    faults.clear()
    assert faults.take("files/a") is None


def test_a_fault_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="no field cutt"):
        Fault.read({"cutt": 1})
