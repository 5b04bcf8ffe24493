"""The cost of decoding in a separate process: a picture decoded here and there, and at parts of its size, by turns.

python -m bench decoding --models opencv
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import typer
from insightface.data import get_image
from PIL import Image
from platformdirs import user_cache_path

from bench.harness.options import RESULTS, Models, Results
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.speed.networks.own_networks import DECODE, LIMITS
from vectorizer.decoder.decoder import Decoder
from vectorizer.decoder.forking import Template
from vectorizer.decoder.processor_time import used_by
from vectorizer.decoder.setup import NICENESS, Setup
from vectorizer.decoder.shared_memory import bytes_needed
from vectorizer.decoding.jpeg import by_turbo
from vectorizer.decoding.opencv import REDUCTIONS
from vectorizer.decoding.picture import anywhere
from vectorizer.networks.models import ModelSource
from vectorizer.pipeline import Decode, find_faces

_MEGAPIXELS = (1, 2, 12)
_ROUNDS = 40
_MEMORY_BYTES = 700_000_000


def main(*, models: Models = "opencv", results: Results = RESULTS) -> None:
    """Compare decoding in this process with decoding in another."""
    os.nice(NICENESS)  # otherwise the decoder, which is as nice as a lane, would wait longer than this process
    (networks,) = ModelSource.find(models, user_cache_path("faceserver")).open()
    template = Template(Setup(LIMITS, _MEMORY_BYTES, bytes_needed(LIMITS)))
    decoder = Decoder(template, 60)
    ways: dict[str, Decode] = {"in_process": DECODE, "by_decoder": decoder.decode}
    record: Record = {
        "kind": "decoding",
        "photographs": "resized",
        "models": Path(models).resolve().name,
        "provenance": asdict(provenance("decoding", sys.argv[1:], None, SPEED_PACKAGES)),
        "pictures": {},
    }
    for megapixels in _MEGAPIXELS:
        data = _jpeg(megapixels)
        decoded = _compared({way: partial(decode, data) for way, decode in ways.items()}, decoder)
        whole: dict[str, Callable[[], object]] = {
            way: partial(find_faces, networks, decode, data) for way, decode in ways.items()
        }
        reduced: dict[str, Callable[[], object]] = {
            f"1/{reduction}": partial(by_turbo, data, reduction, anywhere) for reduction in REDUCTIONS
        }
        record["pictures"][f"{megapixels} Mpx"] = {
            "decode": decoded,
            "picture": _compared(whole, decoder),
            "reduced": _compared(reduced, decoder),
        }
    decoder.close()
    template.close()
    print(write(record, results).read_text())


def _jpeg(megapixels: int) -> bytes:
    """Return a photograph of six people with this number of pixels."""
    image = Image.fromarray(np.ascontiguousarray(get_image("t1")[:, :, ::-1]))
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    file = BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale))).save(file, "JPEG", quality=90)
    return file.getvalue()


def _compared(ways: dict[str, Callable[[], object]], decoder: Decoder) -> Record:
    """Run the ways by turns; return the median time and processor time of each, and what the second adds to the first.

    Processor time, that of both processes, does not depend on what else the machine does.
    """
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(_ROUNDS):
        for way, run in ways.items():
            start = time.perf_counter(), _processor_time(decoder)
            run()
            times[way].append((1000 * (time.perf_counter() - start[0]), 1000 * (_processor_time(decoder) - start[1])))
    return {
        name: {way: statistics.median(one[index] for one in found) for way, found in times.items()}
        | {"added": statistics.median(b[index] - a[index] for a, b in zip(*list(times.values())[:2], strict=True))}
        for index, name in enumerate(("ms", "processor_ms"))
    }


def _processor_time(decoder: Decoder) -> float:
    return time.process_time() + used_by(decoder.pid or 0)


if __name__ == "__main__":
    typer.run(main)
