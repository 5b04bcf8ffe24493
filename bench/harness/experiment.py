"""One experiment with a stack: start it, enrol people, measure, write the record."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import httpx

from bench.harness.load import Client
from bench.harness.options import Subject
from bench.harness.provenance import SPEED_PACKAGES, Provenance, provenance
from bench.harness.records import Record, write
from bench.harness.stack import RunningStack, measured_stack
from bench.harness.uploads import Upload, enrolments
from bench.photographs.sets import read_set, set_name

WARM_UP = 10
"""Photographs sent beforehand, so that all buffers and connections exist."""

_UNRECOGNIZABLE = "unrecognizable"
"""The refusal of a photograph that is too poor to enrol, of which a set may have a few."""

Measurement = Callable[[RunningStack, Sequence[bytes]], Record]


def experiment(subject: Subject, kind: str, measurement: Measurement) -> None:
    """Run a measurement against the subject's stack; write and print its record."""
    images = read_set(subject.photographs, subject.data)
    with measured_stack(subject.url, subject.supervisor, subject.models, subject.settings) as stack:
        origin = _provenance(stack)
        asyncio.run(_prepare(stack, images, enrolments(subject.data / "lfw-dev", subject.people)))
        measured = measurement(stack, images)
    record: Record = {
        "kind": kind,
        "photographs": set_name(subject.photographs),
        "models": Path(subject.models).resolve().name,
        "provenance": asdict(origin),
        "files": len(images),
        "enrolled_people": subject.people,
    }
    print(write(record | measured, subject.results).read_text())


def _provenance(stack: RunningStack) -> Provenance:
    with httpx.Client(base_url=stack.url, trust_env=False) as gateway:
        return provenance("throughput", sys.argv[1:], gateway, SPEED_PACKAGES)


async def _prepare(stack: RunningStack, images: Sequence[bytes], people: Sequence[Upload]) -> None:
    """Enrol all people with a recognizable photograph, and warm up. Raises RuntimeError when a request fails."""
    client = Client(stack.url)
    for upload in [*people, *(Upload("/recognize", image) for image in images[:WARM_UP])]:
        outcome = await client.send(upload)
        if not outcome.answered and outcome.code != _UNRECOGNIZABLE:
            raise RuntimeError(f"The stack cannot be prepared: {outcome.status} {outcome.code}")
    client.close()
