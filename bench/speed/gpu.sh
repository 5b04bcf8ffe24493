#!/usr/bin/env bash
# Measures all GPU figures in one run, on a machine with an NVIDIA driver, Python 3.11 or newer and the network:
#
#   bench/speed/gpu.sh ../shared/models/buffalo_sc [../shared/data]
#
# Requirements are installed into a separate environment ($VENV); the figures go to bench/results/gpu.
set -euo pipefail
cd "$(dirname "$0")/../.."
models=${1:?"usage: bench/speed/gpu.sh MODELS [DATA]"}
data=${2:-../shared/data}
venv=${VENV:-$HOME/.cache/faceserver/gpu-venv}
results=bench/results/gpu

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
"${PYTHON:-python3}" -m venv "$venv"
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check install --no-deps)
"${pip[@]}" --require-hashes -r requirements/build.txt -r requirements/gpu.txt
"${pip[@]}" --no-build-isolation --editable .

stack() {
  "$venv/bin/python" -m bench throughput --models "$models" --data "$data" --results "$results" \
    --setting VECTORIZER_PROVIDER=cuda "$@"
}

# The networks alone: ms a face and images a second by precision and batch size.
"$venv/bin/python" -m bench gpu --models "$models" --data "$data" --results "$results"
# The whole stack: images a second by clients, and memory over 10,000 photographs of all sizes.
for photographs in lfw large; do
  stack --photographs "$photographs" closed --concurrency 1 --concurrency 8 --concurrency 32 --concurrency 128
done
stack --photographs mixed soak --images 10000 --concurrency 32
