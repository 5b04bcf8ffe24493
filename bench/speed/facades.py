"""Searches by the protocols of other services compared with /recognize, in turn within one run.

python -m bench facades rekognition --rounds 9 --seconds 5

A round is /recognize, then a façade, so that other load affects both alike; the figures are medians of their ratios.
Both search for the same photographs and keep none. The calls of Rekognition are signed, so the check is part of them.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import cycle
from statistics import median
from typing import Annotated

import typer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.harness.experiment import experiment
from bench.harness.loaded import Load, closed
from bench.harness.options import (
    DATA,
    RESULTS,
    Concurrency,
    Data,
    Models,
    People,
    Photographs,
    Results,
    Seconds,
    Settings,
    Subject,
)
from bench.harness.processes import total
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import Upload

Prepare = Callable[[RunningStack, Sequence[bytes]], Iterator[Upload]]
"""Returns endless searches for photographs by a façade."""

_MASTER_KEY = base64.b64encode(os.urandom(32)).decode()


class _Signed(Upload):
    """A call of Rekognition, signed once: a signature is good for fifteen minutes."""

    def __init__(self, url: str, credentials: Credentials, image: bytes) -> None:
        members = {"CollectionId": "default", "Image": {"Bytes": base64.b64encode(image).decode()}}
        body = json.dumps(members).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "RekognitionService.SearchFacesByImage",
            "Host": "127.0.0.1",
        }
        request = AWSRequest("POST", f"{url}/", headers=headers, data=body)
        SigV4Auth(credentials, "rekognition", "us-east-1").add_auth(request)
        lines = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        self._message = f"POST / HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def message(self) -> bytes:
        """Return the request as it goes over the wire."""
        return self._message


def _rekognition(stack: RunningStack, images: Sequence[bytes]) -> Iterator[Upload]:
    assert stack.data, "the stack is started by this program"
    command = [sys.executable, "-m", "faceserver", "keys", "create", "--rekognition", "--json", "--name", "bench"]
    where = ["--scope", "admin", "--directory", "*", "--data", str(stack.data)]
    environment = {**os.environ, "APISERVER_MASTER_KEY": _MASTER_KEY}  # noqa: TID251 - handed on
    made = json.loads(subprocess.run([*command, *where], check=True, stdout=subprocess.PIPE, env=environment).stdout)
    credentials = Credentials(made["access_key_id"], made["key"])
    return cycle([_Signed(stack.url, credentials, image) for image in images])


FACADES: Mapping[str, Prepare] = {"rekognition": _rekognition}


def main(
    facade: Annotated[str, typer.Argument(help=f"One of {', '.join(FACADES)}.")],
    *,
    models: Models = "opencv",
    photographs: Photographs = "lfw",
    setting: Settings = None,
    people: People = 100,
    rounds: Annotated[int, typer.Option(help="Rounds of /recognize and the façade.", min=1)] = 9,
    concurrency: Concurrency = 8,
    seconds: Seconds = 5,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Compare a façade with /recognize."""
    settings = (f"APISERVER_FACADES={facade}", f"APISERVER_MASTER_KEY={_MASTER_KEY}", *(setting or ()))
    subject = Subject(models, photographs, None, None, settings, people, data, results)
    experiment(
        subject,
        f"facade-{facade}",
        lambda stack, images: _measured(
            stack, images, FACADES[facade], rounds=rounds, concurrency=concurrency, seconds=seconds
        ),
    )


def _measured(
    stack: RunningStack,
    images: Sequence[bytes],
    prepare: Prepare,
    *,
    rounds: int,
    concurrency: int,
    seconds: float,
) -> Record:
    native = cycle([Upload("/recognize", image, keep="false") for image in images])
    foreign = prepare(stack, images)
    turns = [
        (closed(stack, native, concurrency, seconds), closed(stack, foreign, concurrency, seconds))
        for _ in range(rounds)
    ]
    return {
        "concurrency": concurrency,
        "speed_to_recognize": median(_speed(other) / _speed(own) for own, other in turns),
        "cpu_to_recognize": median(_cpu(other) / _cpu(own) for own, other in turns),
        "recognize": [asdict(own) for own, _ in turns],
        "facade": [asdict(other) for _, other in turns],
    }


def _speed(load: Load) -> float:
    return load.summary.images_per_second


def _cpu(load: Load) -> float:
    return total(load.cpu_ms_per_image)


if __name__ == "__main__":
    typer.run(main)
