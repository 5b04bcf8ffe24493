"""No request keeps the gateway's event loop from the others for more than 50 ms of processor time."""

import asyncio
import gc
import http.client
import io
import json
import random
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

import asyncpg
import pytest
from PIL import Image

from apiserver.app import create_app
from apiserver.settings.settings import Settings
from serving.http_server.connections import Connections
from serving.http_server.server import Server, http_config
from tests.loop_time import MeasuredLoop, watched
from tests.photographs import stranger
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.long

_MAX_SECONDS = 0.05
_MAX_TRIES = 3
_BIG = 19_000_000
_FORM = {"Content-Type": "multipart/form-data; boundary=B"}
_JSON = {"Content-Type": "application/json"}
_NAME = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
_END = b"\r\n--B--\r\n"


@dataclass(frozen=True)
class Call:
    """A request; a body that is a list is sent in chunks of its items."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | list[bytes] = b""


@dataclass(frozen=True)
class Turn:
    """The longest turn of a call in seconds, the status of its answer, and where the loop was in turns too long."""

    seconds: float
    status: int
    stacks: list[str]


def filled(pattern: bytes, size: int = _BIG) -> bytes:
    return pattern * (size // len(pattern))


def form(content: bytes, more: bytes = b"") -> bytes:
    return _NAME + more + b"\r\n" + content + _END


def numbered(count: int) -> str:
    return ",".join(f'"k{number}":1' for number in range(count))


def hostile() -> dict[str, Call]:
    """Requests that cost much, or once did."""
    forms = {
        "semicolons": b"--B\r\nContent-Disposition: form-data; name=a" + filled(b";") + b"\r\n\r\nx" + _END,
        "parameters": b"--B\r\nContent-Disposition: form-data; name=a" + filled(b";b=c") + b"\r\n\r\nx" + _END,
        "quotes": b'--B\r\nContent-Disposition: form-data; name="a' + filled(b'\\"') + b'"\r\n\r\nx' + _END,
        "header lines": b"--B\r\n" + filled(b"a:\r\n") + b"\r\nx" + _END,
        "long headers": b"".join(
            b'--B\r\nContent-Disposition: form-data; name="a%d"' % part
            + filled(b";a*=b", 1_490)
            + b"\r\n"
            + b"".join(b"X-%d: %s\r\n" % (line, bytes(4_000).replace(b"\0", b"a")) for line in range(6))
            + b"\r\nx\r\n"
            for part in range(32)
        )
        + _END,
        "boundaries": b"--B" + filled(b"--B"),
        "false boundaries": form(filled(b"\r\n--Bc")),
        "half boundaries": form(filled(b"\r\n--")),
        "carriage returns": form(filled(b"\r")),
        "padding": _NAME + b"\r\nx\r\n--B" + filled(b" ") + b"\r\n",
        "base64": form(filled(b64encode(bytes(3_000))), b"Content-Transfer-Encoding: base64\r\n"),
        "base64 lines": form(filled(b"A\r\n\r\n"), b"Content-Transfer-Encoding: base64\r\n"),
        "quoted-printable": form(filled(b"=41=\r\n"), b"Content-Transfer-Encoding: quoted-printable\r\n"),
        "epilogue": form(b"x") + filled(b"\r\n--B"),
        "preamble": filled(b"\r\n"),
        "zeros": form(bytes(_BIG)),
        "fields": b"".join(
            b'--B\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(100_000)
        )
        + _END,
        "texts": b"".join(
            b'--B\r\nContent-Disposition: form-data; name="%s%d"\r\n\r\n%s\r\n'
            % ("\u0327\u0308".encode() * 900, n, b"\xff" * 16_384)
            for n in range(31)
        )
        + form(b"x"),
    }
    calls = {f"form of {kind}": Call("POST", "/detect", _FORM, body) for kind, body in forms.items()}
    calls |= {
        f"keyed form of {kind}": Call("POST", "/learn", _FORM | {"Idempotency-Key": kind.replace(" ", "-")}, body)
        for kind, body in forms.items()
    }
    calls["chunks of a byte"] = Call("POST", "/detect", _FORM, [bytes([byte]) for byte in form(bytes(100_000))])
    dashes = {"Content-Type": f"multipart/form-data; boundary={69 * '-'}x"}
    calls["dashes"] = Call("POST", "/detect", dashes, b"--" + filled(b"-"))
    for kind, headers in (("no", {}), ("urlencoded", {"Content-Type": "application/x-www-form-urlencoded"})):
        calls[f"{kind} type, percent"] = Call("POST", "/recognize", headers, filled(b"%41"))
        calls[f"{kind} type, small"] = Call("POST", "/recognize", headers, b"a=" + filled(b"%41", 65_000))
        calls[f"{kind} type, ampersands"] = Call("POST", "/recognize", headers, filled(b"&", 65_000))
    twenty = b"".join(_NAME + b"\r\n" + random.Random(n).randbytes(19_990_000) + b"\r\n" for n in range(5)) + _END[2:]
    calls["a hundred megabytes"] = Call("POST", "/recognize", _FORM | {"Content-Length": str(len(twenty))}, twenty)
    calls["a hundred megabytes, keyed"] = Call("POST", "/learn", _FORM | {"Idempotency-Key": "a"}, twenty)
    return calls | _headers() | _queries() | _bodies()


def _headers() -> dict[str, Call]:
    values = {
        "Cookie": ['a="' + '\\"' * 30_000 + '"', ";" * 60_000],
        "If-None-Match": ['"' * 60_000, 'W/"' * 20_000],
        "If-Match": ['"a",' * 15_000],
        "X-Request-ID": ["a" * 60_000],
        "traceparent": ["a-" * 30_000],
        "X-Forwarded-Prefix": ["/a," * 20_000],
        "Accept": ["a/b," * 15_000],
        "Idempotency-Key": ["a" * 60_000],
    }
    return {
        f"{name} {number}": Call("PUT", "/directories/acme", {name: value}, b"{}")
        for name, some in values.items()
        for number, value in enumerate(some)
    }


def _queries() -> dict[str, Call]:
    queries = {
        "ampersands": "&" * 60_000,
        "names": "&".join(f"a{n}" for n in range(10_000)),
        "percent": "prefix=" + "%41" * 20_000,
        "marks": "prefix=" + "%CC%A7%CC%88" * 5_000,
        "cursor": "cursor=" + b64encode(b"[" * 3_000).decode().rstrip("="),
        "metadata": "metadata=" + '{"a":' * 3_000,
        "flat metadata": "metadata={" + numbered(5_000) + "}",
        "many metadata": "metadata=[" + "1," * 20_000 + "1]",
    }
    return {
        f"query of {kind}": Call("GET", "/directories/acme/persons?" + query.replace('"', "%22"))
        for kind, query in queries.items()
    } | {
        "long path": Call("GET", "/directories/" + "%41" * 20_000),
        "marks in a path": Call("GET", "/directories/" + "%CC%A7%CC%88" * 5_000),
    }


def _bodies() -> dict[str, Call]:
    one = '{"model":"m","embedding":['
    bodies = {
        "/identify keys": f"{{{numbered(150_000)}}}",
        "/identify texts": one + '"",' * 600_000 + '""]}',
        "/identify lists": '{"model":"m","embeddings":[' + "[1]," * 400_000 + "[1]]}",
        "/identify empty lists": '{"model":"m","embeddings":[' + "[]," * 600_000 + "[]]}",
        "/identify numbers": one + "1," * 900_000 + "1]}",
        "/identify long numbers": one + "1." + "1" * 1_900_000 + "]}",
        "/identify integers": one + "1" * 1_900_000 + "]}",
        "/identify shares": one + '1],"recognizabilities":[' + "5," * 200_000 + "5]}",
        "/identify escapes": '{"model":"' + "\\u00e9" * 300_000 + '"}',
        "/identify depth": "[" * 1_900_000,
        "/directories/acme/persons/ann/merge empty": '{"from":[' + '"",' * 20_000 + '""]}',
        "/directories/acme/persons/ann/merge marks": json.dumps({"from": ["\u0327\u0308" * 500] * 5}),
        "/directories/acme/persons/ann/split empty": '{"faces":[' + '"",' * 20_000 + '""]}',
        "/directories/acme/imports numbers": '{"manifest":[' + "1," * 3_900_000 + "1]}",
        "/directories/acme/imports keys": f"{{{numbered(600_000)}}}",
        "/directories/acme/imports entry": f'{{"manifest":[{{{numbered(600_000)}}}]}}',
        "/directories/acme/imports entries": '{"manifest":[' + "{}," * 2_600_000 + "{}]}",
        "/directories/acme/imports many": '{"manifest":[' + '{"person":"a","key":"imports/a"},' * 200_000 + "1]}",
    }
    posted = {kind: Call("POST", kind.split()[0], _JSON, body.encode()) for kind, body in bodies.items()}
    puts = {
        "keys": f"{{{numbered(6_000)}}}",
        "metadata": f'{{"metadata":{{{numbered(6_000)}}}}}',
        "list": '{"metadata":{"a":[' + "1," * 30_000 + "1]}}",
        "depth": '{"metadata":{"a":' + "[" * 60_000,
    }
    return posted | {
        f"PUT {kind}": Call("PUT", "/directories/acme/persons/ann", _JSON, body.encode()) for kind, body in puts.items()
    }


def crowd() -> bytes:
    """A photograph with 192 faces."""
    canvas = Image.new("RGB", (2_400, 1_800), (128, 128, 128))
    faces = [stranger(number).resize((110, 110)) for number in range(4)]
    for number in range(16 * 12):
        canvas.paste(faces[number % 4], (20 + 150 * (number % 16), 20 + 150 * (number // 16)))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def large() -> dict[str, Call]:
    """Ordinary requests of the largest size."""
    chance = random.Random(0)
    embeddings = [[chance.gauss(0, 1) for _ in range(128)] for _ in range(100)]
    photograph = form(crowd())
    k = b'--B\r\nContent-Disposition: form-data; name="k"\r\n\r\n100\r\n'
    manifest = {"manifest": [{"person": f"p{n}", "key": f"imports/{n}"} for n in range(150_000)]}
    return {
        "identify": Call(
            "POST", "/identify", _JSON, json.dumps({"model": "MODEL", "embeddings": embeddings, "k": 100}).encode()
        ),
        "identify unique": Call(
            "POST",
            "/identify",
            _JSON,
            json.dumps({"model": "MODEL", "embeddings": embeddings, "k": 100, "unique_persons": True}).encode(),
        ),
        "recognize a crowd": Call("POST", "/recognize", _FORM, k + photograph),
        "embed a crowd": Call("POST", "/embed", _FORM, photograph),
        "detect a crowd": Call("POST", "/detect", _FORM, photograph),
        "persons": Call("GET", "/directories/default/persons?limit=1000"),
        "faces": Call("GET", "/directories/default/faces?limit=1000"),
        "directories": Call("GET", "/directories?limit=1000"),
        "export of a person": Call("GET", "/directories/default/persons/p0/export"),
        "export of a merged person": Call("GET", "/directories/default/persons/p1/export"),
        "outcomes": Call("GET", f"/directories/default/imports/{UUID(int=0)}/outcomes"),
        "manifest": Call("POST", "/directories/bulk/imports", _JSON, json.dumps(manifest).encode()),
        "openapi": Call("GET", "/openapi.json"),
        "docs": Call("GET", "/docs"),
    }


def sent(port: int, call: Call) -> tuple[int, bytes]:
    """Send a request and return status and body of the answer; 0 if the connection was closed before."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        chunked = isinstance(call.body, list)
        connection.request(call.method, call.path, call.body or None, dict(call.headers), encode_chunked=chunked)
    except OSError:
        pass  # refused before everything was sent; the answer is there
    try:
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


async def enrol(database_url: str, model: str, dimension: int) -> None:
    """Make a thousand persons with as much metadata as allowed."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO directories (directory) VALUES ('default'), ('acme')")
    await connection.execute("INSERT INTO directories (directory) SELECT 'd' || n FROM generate_series(1, 1000) AS n")
    chance = random.Random(1)
    metadata = json.dumps({f"k{number}": number for number in range(1_200)})
    await connection.execute(
        "INSERT INTO persons (directory, person, metadata) "
        "SELECT 'default', 'p' || n, $1::jsonb FROM generate_series(0, 1100) AS n",
        metadata,
    )
    await connection.execute(
        "INSERT INTO faces (directory, person, image_sha256, model, embedding, crop, box, score) "
        "SELECT 'default', CASE WHEN n < 1000 THEN 'p0' ELSE 'p' || n - 1000 END, sha256(n::text::bytea), $1, "
        "embedding::public.halfvec, '\\x00', '{0,0,9,9}', 1 "
        "FROM unnest($2::text[]) WITH ORDINALITY AS given (embedding, n)",
        model,
        [str([round(chance.gauss(0, 0.1), 3) for _ in range(dimension)]) for _ in range(2_100)],
    )
    await connection.execute("INSERT INTO merges (directory, merge, person) VALUES ('default', $1, 'p1')", UUID(int=0))
    await connection.execute(
        "INSERT INTO merged_persons (directory, merge, person, metadata, created_at, merges) "
        "SELECT 'default', $1, 'm' || n, $2::jsonb, now(), '{}' FROM generate_series(1, 1000) AS n",
        *(UUID(int=0), metadata),
    )
    await connection.execute("INSERT INTO imports (directory, job, planned) VALUES ('default', $1, true)", UUID(int=0))
    await connection.execute(
        "INSERT INTO import_items (directory, job, n, person, name, source, outcome, warnings, other) "
        "SELECT 'default', $1, n, 'p1', n::text, '{}', 'created', $2::jsonb, 'p2' FROM generate_series(1, 2000) AS n",
        *(UUID(int=0), json.dumps([{"code": "blurred", "value": 1, "limit": 2, "detail": 200 * "a"}] * 5)),
    )
    await connection.close()


async def longest_turn(loop: MeasuredLoop, port: int, call: Call) -> Turn:
    """Send a call, again if its longest turn exceeded the limit; return the shortest of these turns.

    What the machine does besides, such as giving the processor's caches to others, makes some of them longer.
    """
    turns: list[Turn] = []
    while len(turns) < _MAX_TRIES and not (turns and turns[-1].seconds <= _MAX_SECONDS):
        headers = dict(call.headers)
        if "Idempotency-Key" in headers:  # each is a request, and not the repetition of one
            headers["Idempotency-Key"] += str(len(turns))
        gc.collect()
        gc.freeze()  # what a process of the gateway has at its start is as little
        await asyncio.sleep(0)  # ends the turn with the work of this test
        with watched(loop, _MAX_SECONDS) as measured:
            status, _ = await asyncio.to_thread(sent, port, replace(call, headers=headers))
            await asyncio.sleep(0.1)
        turns.append(Turn(measured.seconds, status, measured.stacks))
    return min(turns, key=lambda turn: turn.seconds)


async def longest_turns(settings: Settings, calls: Mapping[str, Call]) -> dict[str, Turn]:
    """Serve a gateway and send it each call; return the longest turn of each."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MeasuredLoop)
    server = Server(http_config(create_app(settings), settings, Connections(10), port=0))
    turns: dict[str, Turn] = {}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)
        port = listener.getsockname()[1]
        _, models = await asyncio.to_thread(sent, port, Call("GET", "/models"))
        model = json.loads(models)["active"]["embedder"]
        await enrol(settings.database_url.get_secret_value(), model, 128)
        for first in ("/directories/default", "/openapi.json"):  # imports and describes the calls
            await asyncio.to_thread(sent, port, Call("GET", first))
        await asyncio.to_thread(sent, port, Call("POST", "/detect", _FORM, form(b"x")))
        for name, call in calls.items():
            body = call.body if isinstance(call.body, list) else call.body.replace(b"MODEL", model.encode())
            turns[name] = await longest_turn(loop, port, replace(call, body=body))
        server.should_exit = True
        await task
    return turns


@pytest.fixture
def unfrozen() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
@pytest.mark.parametrize(("calls", "statuses"), [(hostile, range(200, 500)), (large, range(200, 300))])
def test_no_request_holds_the_loop(settings: Settings, calls: Callable[[], dict[str, Call]], statuses: range):
    with asyncio.Runner(loop_factory=MeasuredLoop) as runner:
        patient = settings.model_copy(update={"vectorizer_timeout_seconds": PATIENCE_SECONDS})
        turns = runner.run(longest_turns(patient, calls()))
    assert {name: turn.status for name, turn in turns.items() if turn.status not in statuses} == {}
    assert {name: turn for name, turn in turns.items() if turn.seconds > _MAX_SECONDS} == {}
