"""The same of requests of clients of other services: their photographs come as Base64 in JSON."""

import asyncio
import json
import random
from base64 import b64encode
from collections.abc import Callable

import pytest

from apiserver.settings.settings import Settings
from tests.integration.apiserver.http.test_loop_time import (
    _MAX_SECONDS,
    Call,
    crowd,
    filled,
    form,
    longest_turns,
    numbered,
    unfrozen,
)
from tests.loop_time import MeasuredLoop
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.long

__all__ = ["unfrozen"]

_API = "/api/v1"
_KEY = {"x-api-key": "any"}
_JSON = _KEY | {"Content-Type": "application/json"}
_BIG, _IMAGE = 24_000_000, 6_900_000
_ID = "00000000-0000-4000-8000-000000000000"


def compreface(path: str, body: bytes | str) -> Call:
    return Call("POST", _API + path, _JSON, body.encode() if isinstance(body, str) else body)


def rekognition(operation: str, body: bytes | str) -> Call:
    target = {"X-Amz-Target": f"RekognitionService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    return Call("POST", "/", target, body.encode() if isinstance(body, str) else body)


def texts(size: int) -> dict[str, bytes]:
    """Long strings of JSON, of which the first two are Base64."""
    encoded = b64encode(random.Random(0).randbytes(size * 3 // 4))
    return {
        "base64": encoded,
        "escaped slashes": encoded.replace(b"/", b"\\/")[:size],
        "escapes": filled(b"\\u0041", size),
        "control characters": filled(b"\\n", size),
        "surrogates": filled(b"\\ud83d\\ude00", size),
        "letters": filled("\u00e9".encode(), size),
        "quotation marks": filled(b'\\"', size),
        "backslashes": filled(b"\\\\", size),
    }


def rests(size: int) -> dict[str, bytes]:
    """JSON members without long strings."""
    return {
        "spaces": b'"x":' + filled(b" ", size) + b"1",
        "digits": b'"x":' + filled(b"1", size),
        "lists": b'"x":' + filled(b"[", size),
        "texts": b'"x":[' + filled(b'"",', size) + b'""]',
        "keys": filled(b'"":1,', size) + b'"":1',
        "objects": b'"x":[' + filled(b"{},", size) + b"{}]",
    }


def hostile() -> dict[str, Call]:
    """Requests that cost much."""
    recognize, detect = "/recognition/recognize", "/detection/detect"
    calls = {f"CompreFace {kind}": compreface(recognize, b'{"file":"%s"}' % text) for kind, text in texts(_BIG).items()}
    calls |= {
        f"CompreFace {kind}": compreface(detect, b'{%s,"file":"QQ=="}' % rest) for kind, rest in rests(_BIG).items()
    }
    pair = {kind: text for kind, text in texts(_BIG).items() if "base64" in kind or kind == "escapes"}
    calls |= {
        f"CompreFace two of {kind}": compreface(
            "/verification/verify", b'{"source_image":"%s","target_image":"%s"}' % (text, text)
        )
        for kind, text in pair.items()
    }
    calls |= {
        f"Rekognition {kind}": rekognition("DetectFaces", b'{"Image":{"Bytes":"%s"}}' % text)
        for kind, text in texts(_IMAGE).items()
    }
    calls |= {
        f"Rekognition {kind}": rekognition("DetectFaces", b'{%s,"Image":{"Bytes":"QQ=="}}' % rest)
        for kind, rest in rests(_IMAGE).items()
    }
    calls |= {
        f"Rekognition two of {kind}": rekognition(
            "CompareFaces", b'{"SourceImage":{"Bytes":"%s"},"TargetImage":{"Bytes":"%s"}}' % (text, text)
        )
        for kind, text in texts(_IMAGE).items()
    }
    return calls | _small() | _forms()


def _small() -> dict[str, Call]:
    embeddings = {
        "numbers": '{"embeddings":[[' + "1," * 900_000 + "1]]}",
        "lists": '{"embeddings":[' + "[1]," * 400_000 + "[1]]}",
        "texts": '{"embeddings":["' + '","' * 600_000 + '"]}',
        "long numbers": '{"embeddings":[[1.' + "1" * 1_900_000 + "]]}",
        "keys": f"{{{numbered(150_000)}}}",
        "depth": "[" * 1_900_000,
    }
    ids = {
        "ids": "[" + f'"{_ID}",' * 12_000 + f'"{_ID}"]',
        "texts": "[" + '"",' * 9_000 + '""]',
        "marks": "[" + '"' + "\u0327\u0308" * 100_000 + '"]',
        "depth": "[" * 400_000,
    }
    faces = {
        "ids": f'"{_ID}",' * 4_095 + f'"{_ID}"',
        "wrong ids": '"x",' * 9_000 + '"x"',
        "numbers": "1," * 9_000 + "1",
        "long texts": f'"{"a" * 270_000}"',
    }
    tags = {"keys": numbered(9_000), "wrong keys": ",".join(f'"\\u0007{n}":"\\u0007"' for n in range(9_000))}
    return (
        {
            f"embeddings of {kind}": compreface("/recognition/embeddings/recognize", body)
            for kind, body in embeddings.items()
        }
        | {f"ids to delete: {kind}": compreface("/recognition/faces/delete", body) for kind, body in ids.items()}
        | {
            f"{operation} of {kind}": rekognition(operation, f'{{"CollectionId":"acme","FaceIds":[{some}]}}')
            for operation in ("DeleteFaces", "ListFaces")
            for kind, some in faces.items()
        }
        | {
            f"tags of {kind}": rekognition("CreateCollection", f'{{"CollectionId":"x","Tags":{{{some}}}}}')
            for kind, some in tags.items()
        }
        | {
            "query of plugins": Call("GET", f"{_API}/recognition/faces?face_plugins=" + "," * 60_000, _KEY),
            "query of parameters": Call("GET", f"{_API}/recognition/faces?" + "a=1&" * 15_000, _KEY),
            "query of percent": Call("GET", f"{_API}/recognition/faces?subject=" + "%CC%A7%CC%88" * 5_000, _KEY),
            "signature": Call(
                "POST",
                "/",
                {
                    "X-Amz-Target": "RekognitionService.ListFaces",
                    "Authorization": "AWS4-HMAC-SHA256 " + "a=b," * 15_000,
                },
                b"{}",
            ),
            "signed headers": Call(
                "POST",
                "/",
                {
                    "X-Amz-Target": "RekognitionService.ListFaces",
                    "Authorization": f"AWS4-HMAC-SHA256 Credential=a/20261129/b/rekognition/aws4_request, "
                    f"SignedHeaders={'a;' * 30_000}, Signature={64 * '0'}",
                },
                b"{}",
            ),
        }
    )


def _forms() -> dict[str, Call]:
    headers = _KEY | {"Content-Type": "multipart/form-data; boundary=B"}
    return {
        "CompreFace form of zeros": Call("POST", f"{_API}/detection/detect", headers, named(form(bytes(19_000_000)))),
        "CompreFace form of base64": Call(
            "POST",
            f"{_API}/detection/detect",
            headers,
            named(form(filled(b64encode(bytes(3_000))), b"Content-Transfer-Encoding: base64\r\n")),
        ),
    }


def named(body: bytes) -> bytes:
    """Return a form whose file has an extension that CompreFace knows."""
    return body.replace(b'filename="a"', b'filename="a.jpg"')


def large() -> dict[str, Call]:
    """Ordinary requests of the largest size."""
    chance, photograph = random.Random(0), crowd()
    encoded = b64encode(photograph).decode()
    embeddings = [[chance.gauss(0, 1) for _ in range(128)] for _ in range(100)]
    headers = _KEY | {"Content-Type": "multipart/form-data; boundary=B"}
    more = "prediction_count=100&face_plugins=landmarks,pose,calculator&status=true"
    image = {"Bytes": encoded}
    found = {"FaceMatchThreshold": 0, "CollectionId": "default", "Image": image}
    operations = {
        "DetectFaces": {"Image": image},
        "CompareFaces": {"SourceImage": image, "TargetImage": image, "SimilarityThreshold": 0},
        "SearchFacesByImage": found | {"MaxFaces": 4_096},
        "SearchUsersByImage": {"UserMatchThreshold": 0, "CollectionId": "default", "Image": image, "MaxUsers": 500},
        "IndexFaces": {"CollectionId": "acme", "Image": image, "QualityFilter": "NONE"},
        "ListFaces": {"CollectionId": "default", "MaxResults": 4_096},
        "ListUsers": {"CollectionId": "default", "MaxResults": 500},
        "ListCollections": {"MaxResults": 4_096},
        "SearchUsers": {"CollectionId": "default", "UserId": "p0", "UserMatchThreshold": 0, "MaxUsers": 500},
        "DeleteFaces": {"CollectionId": "default", "FaceIds": [f"{_ID[:-4]}{n:04}" for n in range(4_096)]},
    }
    return {
        "recognize": Call("POST", f"{_API}/recognition/recognize?{more}", headers, named(form(photograph))),
        "recognize JSON": compreface(f"/recognition/recognize?{more}", json.dumps({"file": encoded})),
        "detect": compreface(f"/detection/detect?{more}", json.dumps({"file": encoded})),
        "embeddings": compreface(
            "/recognition/embeddings/recognize?prediction_count=100", json.dumps({"embeddings": embeddings})
        ),
        "pairs of embeddings": compreface(
            "/verification/embeddings/verify", json.dumps({"source": embeddings[0], "targets": embeddings})
        ),
        "subjects": Call("GET", f"{_API}/recognition/subjects", _KEY),
        "faces": Call("GET", f"{_API}/recognition/faces?size=2000", _KEY),
        "faces to delete": compreface("/recognition/faces/delete", json.dumps([_ID] * 10_000)),
    } | {name: rekognition(name, json.dumps(body)) for name, body in operations.items()}


@pytest.mark.usefixtures("unfrozen")
@pytest.mark.parametrize(("calls", "statuses"), [(hostile, range(200, 500)), (large, range(200, 300))])
def test_no_request_of_a_facade_holds_the_loop(
    settings: Settings, calls: Callable[[], dict[str, Call]], statuses: range
):
    more = {"vectorizer_timeout_seconds": PATIENCE_SECONDS, "facades": "compreface,rekognition"}
    with asyncio.Runner(loop_factory=MeasuredLoop) as runner:
        turns = runner.run(longest_turns(settings.model_copy(update=more), calls()))
    assert {name: turn.status for name, turn in turns.items() if turn.status not in statuses} == {}
    assert {name: turn for name, turn in turns.items() if turn.seconds > _MAX_SECONDS} == {}
