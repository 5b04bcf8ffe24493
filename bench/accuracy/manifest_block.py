"""Print calibration and thresholds for the model's entry in the vectorizer's manifest, from a report over all pairs.

python -m bench calibrate bench/results/accuracy-FOLDER-MODEL.json
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def manifest_block(report: dict[str, Any]) -> str:
    """Return the calibration and the thresholds as TOML: `match` at FMR 1e-5, `review` at 1e-4.

    Raises ValueError if the report has too few pairs to observe these rates.
    """
    measured = report["all_pairs"]
    if measured is None or measured["at_fmr"]["1e-5"] is None:
        raise ValueError("A hundred thousand pairs of different people are needed to see a false-match rate of 1e-5.")
    calibration, at_fmr = measured["calibration"], measured["at_fmr"]
    rates = ", ".join(f"{point['threshold']} at {rate}" for rate, point in at_fmr.items())
    return "\n".join(
        [
            f"# {report['model']['id']}, measured {report['provenance']['date'][:10]}; cosine by FMR: {rates}",
            f"calibration = {{ slope = {calibration['slope']:.4f}, intercept = {calibration['intercept']:.4f} }}",
            f"thresholds = {{ match = {at_fmr['1e-5']['threshold']}, review = {at_fmr['1e-4']['threshold']} }}",
        ]
    )


def main(report: Annotated[Path, typer.Argument(help="A JSON file of bench.accuracy.measure.", exists=True)]) -> None:
    print(manifest_block(json.loads(report.read_text())))


if __name__ == "__main__":
    typer.run(main)
