#!/bin/sh
# Usage: run.sh CXX ROOT
# Counts the instructions of the performance solver's inner loop on quantities and on raw doubles: they must agree within one
# percent, and both loops must print the same sum.
set -eu
cxx=$1
root=$2
if ! command -v valgrind >/dev/null; then
  echo "zero_cost: valgrind is not installed"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$cxx" -std=c++20 -O2 -I "$root/include" "$root/bench/zero_cost.cpp" -o "$folder/zero_cost"

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$folder/zero_cost" "$1" 2>"$folder/log" >"$folder/$1" || {
    cat "$folder/log"
    exit 1
  }
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$folder/log"
}
quantities=$(count quantities)
raw=$(count raw)
cmp "$folder/quantities" "$folder/raw"
awk -v q="$quantities" -v r="$raw" 'BEGIN {
  if (q == "" || r == "" || r == 0) { print "no instruction counts"; exit 1 }
  printf "quantities %d instructions\nraw        %d instructions\nratio      %.6f\n", q, r, q / r
  exit !(q / r >= 0.99 && q / r <= 1.01)
}'
