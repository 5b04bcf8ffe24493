"""The rows of docs/performance.md, and of large photographs, from the records; `bench.documents.fill` draws them."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from bench.documents.tables import Row, Table, each, number
from bench.harness.processes import LOAD_GENERATOR, total
from bench.harness.records import Record


def _subject(record: Record) -> Row:
    return record["photographs"], record["models"]


def _ratio(record: Record) -> Iterable[Row]:
    rounds = record["rounds"]
    ratios = [one["speed_to_plain"] for one in rounds]
    yield (
        *_subject(record),
        median(one["stack"]["summary"]["faces_per_image"] for one in rounds),
        median(one["plain"]["images_per_second"] for one in rounds),
        median(one["stack"]["summary"]["images_per_second"] for one in rounds),
        f"**{number(record['speed_to_plain'])}** ({number(min(ratios))} to {number(max(ratios))})",
    )


def _costs(record: Record) -> Iterable[Row]:
    rounds = record["rounds"]
    ratios = [one["cpu_to_own"] for one in rounds]
    yield (
        *_subject(record),
        median(one["own"]["cpu_ms_per_image"] for one in rounds),
        median(total(one["stack"]["cpu_ms_per_image"]) for one in rounds),
        each(_medians([one["stack"]["cpu_ms_per_image"] for one in rounds])),
        f"**{number(record['cpu_to_own'])}** ({number(min(ratios))} to {number(max(ratios))})",
    )


def _ceiling(record: Record) -> Iterable[Row]:
    for way in ("plain", "own"):
        for run in record[way]:
            speed = run["faces_per_image"], run["images_per_second"], run["cpu_ms_per_image"]
            yield *_subject(record), way, run["lanes"], *speed, each(run["stages_ms_per_image"])


def _loads(record: Record) -> Iterable[Row]:
    for load in record["loads"]:
        asked = _clients(load["concurrency"]) if "concurrency" in load else f"{number(load['rate'])} a second"
        summary = load["summary"]
        yield *_subject(record), asked, summary["images_per_second"], *_latency(summary), *_unanswered(summary)


def _clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"


def _overhead(record: Record) -> Iterable[Row]:
    overhead = record["overhead_ms"]
    yield *_subject(record), overhead["p50"], overhead["p95"], overhead["p99"], each(record["median_stage_ms"])


def _import(record: Record) -> Iterable[Row]:
    rounds = record["rounds"]
    ratios = [one["import_to_requests"] for one in rounds]
    yield (
        *_subject(record),
        record["imported"],
        _clients(record["concurrency"]),
        median(one["requests_a_second"] for one in rounds),
        median(one["imported_a_second"] for one in rounds),
        f"**{number(record['import_to_requests'])}** ({number(min(ratios))} to {number(max(ratios))})",
    )


def _overload(record: Record) -> Iterable[Row]:
    summary = record["load"]["summary"]
    refusals: list[Record] = list(summary["refusals"].values())
    yield (
        *_subject(record),
        record["peak_images_per_second"],
        record["rate"],
        f"**{number(record['goodput_to_peak'])}**",
        sum(refusal["count"] for refusal in refusals),
        max((refusal["latency_ms"]["p99"] for refusal in refusals), default=0.0),
        max((refusal["latency_ms"]["longest"] for refusal in refusals), default=0.0),
        sum(refusal["without_retry_after"] for refusal in refusals),
        each(summary["failures"]),
        _before_and_after(record["memory_mb_before"], record["memory_mb_afterwards"]),
    )


def _before_and_after(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number(held)} → {number(after[name])}" for name, held in _of_service(before).items())


def _memory(record: Record) -> Iterable[Row]:
    last = record["samples"][-1]
    for name, memory in _of_service(last["memory_mb"]).items():
        yield *_subject(record), last["images"], name, memory, f"{record['growth'][name]:.3f}"
    if last["gpu_memory_mb"] is not None:
        settled = next(one for one in record["samples"] if one["images"] >= 0.2 * last["images"])
        growth = last["gpu_memory_mb"] / settled["gpu_memory_mb"]
        yield *_subject(record), last["images"], "GPU", last["gpu_memory_mb"], f"{growth:.3f}"


def _failover(record: Record) -> Iterable[Row]:
    events = {"vectorizer_killed": "a vectorizer killed, later restarted", "all_rolled": "SIGTERM to each in turn"}
    for key, event in events.items():
        summary = record[key]
        yield (
            *_subject(record),
            event,
            float(record["rate"]),
            summary["sent"],
            *_unanswered(summary),
            *_latency(summary),
        )


def _gpu(record: Record) -> Iterable[Row]:
    for speed in record["speeds"]:
        cosine = "" if speed["least_cosine"] is None else f"{speed['least_cosine']:.4f}"
        times = speed["ms_per_item"], speed["items_per_second"], cosine
        yield record["gpu"] or "none", record["models"], speed["network"], speed["mode"], speed["batch"], *times


def _runtimes(record: Record) -> Iterable[Row]:
    for runtime, measured in record["runtimes"].items():
        cosines = (measured[f"{which}_cosine"] for which in ("median", "first_percentile", "least"))
        rates = f"{measured['fmr']:.2g}", f"{measured['fnmr']:.4f}"
        yield *_subject(record), runtime, measured["ms_per_face"], *(f"{cosine:.4f}" for cosine in cosines), *rates


def _large(record: Record) -> Iterable[Row]:
    for size in record["sizes"]:
        for detail in ("fast", "auto"):
            seen = size[detail]
            counts = (f"{seen[what]} of {record['people']}" for what in ("found", "named"))
            strangers = seen["false_faces"]
            yield (
                *_subject(record),
                size["pixels"],
                detail,
                *counts,
                strangers,
                f"{seen['ms']:.0f}",
                f"{seen['ratio']:.1f}",
            )


def _paging(record: Record) -> Iterable[Row]:
    for name, times in record["lists"].items():
        spans = times["p50_ms"], times["p99_ms"], times["first_tenth_p50_ms"], times["last_tenth_p50_ms"]
        yield f"{record['persons']:,}", name, times["pages"], *spans


def _audit(record: Record) -> Iterable[Row]:
    rates = record["a_second"]
    for name, rate in rates.items():
        whole = rates["enrolments, without" if name.startswith("enrolments") else "recognitions, none"]
        yield name, rate, rate / whole


def _sealing(record: Record) -> Iterable[Row]:
    yield record["entries"], *record["oldest_unsealed_seconds"].values()


def _locks(record: Record) -> Iterable[Row]:
    without, with_ = (
        median(turn[kind]["summary"]["images_per_second"] for turn in record["turns"]) for kind in ("without", "with")
    )
    yield *_subject(record), without, with_, record["speed_with_to_without"], record["cpu_with_to_without"]


def _key_checks(record: Record) -> Iterable[Row]:
    for what, times in record["checks"].items():
        yield what, f"{times['count']:,}", times["p50_ms"], times["p99_ms"]


def _revocations(record: Record) -> Iterable[Row]:
    for gateway, times in record["revocations"].items():
        yield gateway, times["rounds"], times["p50_s"], times["longest_s"]


def _latency(summary: Record) -> Row:
    known = summary["latency_ms"]
    return tuple(known[name] for name in ("p50", "p95", "p99")) if known else ("", "", "")


def _unanswered(summary: Record) -> Row:
    return sum(refusal["count"] for refusal in summary["refusals"].values()), each(summary["failures"])


def _of_service(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if name != LOAD_GENERATOR}


def _medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


LATENCY = ("p50 ms", "p95 ms", "p99 ms")
SUBJECT = ("photographs", "models")

TABLES = {
    "ratio": Table(
        (*SUBJECT, "faces each", "plain networks, images/s", "whole stack, images/s", "stack to plain"),
        _ratio,
        {"ratio"},
    ),
    "costs": Table(
        (*SUBJECT, "own networks, CPU ms an image", "whole stack, CPU ms an image", "of which", "stack to own"),
        _costs,
        {"ratio"},
    ),
    "ceiling": Table(
        (*SUBJECT, "way", "lanes", "faces each", "images/s", "CPU ms an image", "stages, ms an image"),
        _ceiling,
        {"ceiling"},
    ),
    "loads": Table((*SUBJECT, "asked by", "images/s", *LATENCY, "refused", "failed"), _loads, {"closed", "open"}),
    "overhead": Table((*SUBJECT, *LATENCY, "median of the stages, ms"), _overhead, {"overhead"}),
    "import": Table(
        (*SUBJECT, "learned", "at a time", "bare requests, a second", "the command, a second", "command to requests"),
        _import,
        {"import"},
    ),
    "overload": Table(
        (
            *(*SUBJECT, "sustained images/s", "asked for, a second", "goodput to sustained"),
            *("refused", "p99 ms", "longest ms", "without Retry-After", "failed otherwise", "memory, MB"),
        ),
        _overload,
        {"overload"},
    ),
    "memory": Table(
        (*SUBJECT, "images", "process", "memory at the end, MB", "to that after a fifth"), _memory, {"soak"}
    ),
    "failover": Table(
        (*SUBJECT, "event", "requests a second", "requests", "refused", "failed", *LATENCY), _failover, {"failover"}
    ),
    "runtimes": Table(
        (*SUBJECT, "runtime", "ms a face", "median cosine", "first percentile", "least", "FMR", "FNMR"),
        _runtimes,
        {"runtimes"},
    ),
    "large": Table(
        (*SUBJECT, "pixels", "detail", "found", "named", "false faces", "ms", "to 1280x960"), _large, {"large"}
    ),
    "paging": Table(
        ("persons", "order or filter", "pages", "p50 ms", "p99 ms", "first tenth p50 ms", "last tenth p50 ms"),
        _paging,
        {"paging"},
    ),
    "audit": Table(("what", "a second", "to that without entries"), _audit, {"audit"}),
    "sealing": Table(("entries", "oldest without a seal, median s", "longest s"), _sealing, {"audit"}),
    "locks": Table(
        (*SUBJECT, "without, images/s", "with, images/s", "speed with to without", "CPU with to without"),
        _locks,
        {"locks"},
    ),
    "key_checks": Table(("checked", "times", "p50 ms", "p99 ms"), _key_checks, {"keys"}),
    "revocations": Table(("gateway", "revoked keys", "p50 s", "longest s"), _revocations, {"keys"}),
    "gpu": Table(("GPU", "models", "network", "mode", "batch", "ms each", "a second", "least cosine"), _gpu, {"gpu"}),
}
