#!/bin/sh
# Usage: run.sh BINARY
# Counts the instructions of one point of a sweep, for one device and for training: more than the ceiling below means that
# something slow has come into the solvers' way. Each ceiling is a tenth above what was counted when it was set.
set -eu
binary=$1
if ! command -v valgrind >/dev/null; then
  echo "sweep_cost: valgrind is not installed"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" "$@" 2>"$folder/log" >/dev/null || {
    cat "$folder/log" >&2
    exit 1
  }
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$folder/log"
}
bad=0
holds() { # NAME CEILING SCENARIO AXES
  few=$(count "$3" "$4" 100)
  more=$(count "$3" "$4" 200)
  each=$(((more - few) / 100))
  echo "$1: $each instructions a point, ceiling $2"
  [ "$each" -le "$2" ] || bad=1
}
holds "one device over hardware" 9400 memory_wall "hardware.memory.bandwidth=1TB/s..4TB/s:10GB/s"
holds "one device over workload" 17900 memory_wall "prompt=128..65536:128"
holds "training over hardware" 37400 training_7b_eight_gpus "hardware.memory.bandwidth=1TB/s..4TB/s:10GB/s"
holds "training over pipelines" 50600 pipeline_bubble "hardware.memory.bandwidth=1TB/s..4TB/s:10GB/s"
exit $bad
