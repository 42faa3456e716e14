#!/bin/sh
# rivals.sh KITDIR [bench.py options]: import the kit's data of SIZE (S, M or L) and time our answers
# beside those of the kit's pipelines. WORK (default: a folder of the system's temporary files) keeps
# environment, data and archive from one run to the next.
#
#   SIZE=M benches/rivals.sh path/to/bench --rounds 5 --tasks net,flip,iv,ivall
set -eu
kit=$1
shift
size=${SIZE:-S}
work=${WORK:-${TMPDIR:-/tmp}/gexlab-rivals}
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$work/data" "$work/archive"
cargo build --release --manifest-path "$root/Cargo.toml" -p gexlab --bin gex --example rival
bin=${CARGO_TARGET_DIR:-$root/target}/release
if [ ! -x "$work/venv/bin/python" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q -r "$kit/requirements.txt"
fi
python=$work/venv/bin/python
[ -d "$work/data/$size" ] ||
    "$python" -B "$kit/gen_chain.py" --size "$size" --out "$work/data/$size"
[ -d "$work/archive/$size" ] ||
    "$bin/gex" --quiet import "$work/data/$size" --out "$work/archive/$size" --open-interest start-of-day
"$python" -B "$kit/bench.py" --data "$work/data/$size" \
    --rival "$bin/examples/rival $work/archive/$size {task} {out}" "$@"
