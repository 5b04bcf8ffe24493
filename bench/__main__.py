"""Run one of the measurements.

python -m bench
python -m bench accuracy people --gateway http://127.0.0.1:8080
"""

import ast
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import typer

PROGRAMS = {
    "accuracy": "bench.accuracy.measure",
    "calibrate": "bench.accuracy.manifest_block",
    "open-set": "bench.accuracy.open_set",
    "unlike": "bench.accuracy.own_resemblance",
    "quality": "bench.quality.gate",
    "recognizability-fit": "bench.recognizability.fitting",
    "recognizability": "bench.recognizability.measure",
    "large": "bench.quality.large",
    "throughput": "bench.speed.throughput",
    "call-path": "bench.speed.call_path",
    "ceiling": "bench.speed.networks.ceiling",
    "runtimes": "bench.speed.networks.runtimes",
    "crops": "bench.accuracy.crops",
    "decoding": "bench.speed.decoding",
    "encryption": "bench.speed.encryption",
    "gpu": "bench.speed.networks.gpu",
    "audit": "bench.speed.audit",
    "facades": "bench.speed.facades",
    "failover": "bench.speed.failover",
    "locks": "bench.speed.locks",
    "compreface": "bench.speed.compreface",
    "compreface-similarity": "bench.accuracy.compreface_similarity",
    "key-check": "bench.speed.keys",
    "paging": "bench.speed.paging",
    "search": "bench.search.measure",
    "search-consent": "bench.search.consent",
    "search-crowd": "bench.search.crowd",
    "sizes": "bench.search.sizes",
    "scale": "bench.citus.measure",
    "cluster": "bench.cluster.measure",
    "performance": "bench.documents.fill",
    "tables": "bench.documents.accuracy",
    "quality-table": "bench.documents.quality",
    "recognizability-table": "bench.documents.recognizability",
    "plots": "bench.documents.accuracy_plots",
    "search-plot": "bench.documents.search_plot",
}
"""The module of each program, which has a typer application `app` or a function `main` with the options."""


def summary(module: str) -> str:
    """Return the first line of a module's docstring. The module is not imported: its libraries load slowly."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(module)
    return (ast.get_docstring(ast.parse(Path(found.origin).read_text())) or "").partition("\n")[0]


def application(name: str) -> typer.Typer:
    """Import a program and return its command line."""
    program = import_module(PROGRAMS[name])
    if hasattr(program, "app"):
        app: typer.Typer = program.app
        return app
    single = typer.Typer(add_completion=False)
    single.command()(program.main)
    return single


def main(arguments: list[str]) -> None:
    """List the programs, or run the one that the first argument names with the options that follow."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        width = max(map(len, PROGRAMS))
        print("usage: python -m bench WHAT [OPTIONS]\n")
        print("\n".join(f"  {name:{width}}  {summary(module)}" for name, module in PROGRAMS.items()))
        return
    if arguments[0] not in PROGRAMS:
        raise SystemExit(f"There is no program {arguments[0]!r}; python -m bench lists them.")
    name, *options = arguments
    sys.argv = [sys.argv[0], *options]  # which records name as the options of their command
    application(name)(prog_name=f"python -m bench {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
