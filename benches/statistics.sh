#!/usr/bin/env bash
# Block bootstrap and Newey-West beside arch and statsmodels, on the same data, in one run.
#   PYTHON=python3 benches/statistics.sh [DATA.csv]     two columns, outcome and signal; simulated where none is given
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cargo build --release -p gex-analysis --example statistics
if [ $# -gt 0 ]; then cp "$1" "$scratch/data.csv"; else
    "$python" - "$scratch/data.csv" <<'PY'
import sys
import numpy as np
r = np.random.default_rng(7)
n = 3849
g = np.zeros(n); y = np.zeros(n)
for t in range(1, n):
    g[t] = 0.95 * g[t - 1] + r.normal()
    y[t] = 0.9 * y[t - 1] + r.normal()
np.savetxt(sys.argv[1], np.c_[y, g], delimiter=",", header="outcome,signal", comments="", fmt="%.17g")
PY
fi
"${CARGO_TARGET_DIR:-target}/release/examples/statistics" "$scratch/data.csv" "$scratch/draws.csv" > "$scratch/ours.json"
"$python" - "$scratch" <<'PY'
import json, sys, time
import numpy as np
import statsmodels.api as sm
from arch.bootstrap import StationaryBootstrap
folder = sys.argv[1]
ours = json.load(open(f"{folder}/ours.json"))
y, g = np.loadtxt(f"{folder}/data.csv", delimiter=",", skiprows=1).T
d = g < 0

def difference(y, d):
    return y[d].mean() - y[~d].mean()

start = time.perf_counter()
drawn = StationaryBootstrap(63, y, d, seed=1).apply(difference, 10_000)
arch = time.perf_counter() - start
draws = np.loadtxt(f"{folder}/draws.csv", delimiter=",", dtype=int)
shared = np.std([difference(y[i], d[i]) for i in draws], ddof=1)
start = time.perf_counter()
for _ in range(200):
    fit = sm.OLS(y, sm.add_constant(g)).fit(cov_type="HAC", cov_kwds={"maxlags": 10})
statsmodels = (time.perf_counter() - start) / 200
print(f"{len(y)} rows, 10,000 draws of the stationary bootstrap, blocks of 63; Newey-West with 10 lags")
print(f"bootstrap  arch        {arch:9.3f} s   gexlab {ours['bootstrap']:9.4f} s   {arch / ours['bootstrap']:7.0f} times")
print(f"HAC        statsmodels {1e3 * statsmodels:9.3f} ms  gexlab {1e3 * ours['hac']:9.4f} ms  {statsmodels / ours['hac']:7.1f} times")
print(f"standard error over 50 shared resamples: gap {abs(shared / ours['shared_std_error'] - 1):.1e}")
print(f"standard error, each its own 10,000 draws: {drawn.std(ddof=1):.6f} and {ours['std_error']:.6f}")
print(f"Newey-West error: gap {abs(fit.bse[1] / ours['hac_std_error'] - 1):.1e}")
assert abs(shared / ours["shared_std_error"] - 1) < 1e-10
assert abs(fit.bse[1] / ours["hac_std_error"] - 1) < 1e-10
PY
