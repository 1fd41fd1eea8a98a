#!/usr/bin/env bash
# `mlsysim validate` in every format: the same bytes twice, no NaN, whole files, and exit codes which say what happened.
set -u
binary=$1
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
say() { echo "$1"; bad=1; }
expect() {
  local want=$1
  shift
  "$binary" validate --data "$here/validation" "$@" >"$work/out" 2>"$work/errors"
  local code=$?
  [ $code -eq "$want" ] || { say "validate $*: exit code $code, expected $want"; head -20 "$work/errors"; }
}

expect 0 --all
some=(neusight-models d_mlperf_tiny c_cnn_fp32_pascal_maxwell)
for format in text json csv markdown; do
  expect 0 "${some[@]}" --all --format $format
  cp "$work/out" "$work/first"
  expect 0 "${some[@]}" --all --format $format
  cmp -s "$work/first" "$work/out" || say "--format $format: two runs differ"
  grep -qwiE -- '-?nan|unbounded' "$work/out" && say "--format $format: NaN"
done
expect 0 neusight-models --svg "$work/picture.svg" --rows "$work/rows.csv" -o "$work/report.txt"
[ -s "$work/report.txt" ] || say "no report was written"
[ "$(head -c 4 "$work/picture.svg")" = "<svg" ] && [ "$(tail -c 7 "$work/picture.svg")" = "</svg>" ] || say "the picture is no SVG"
[ "$(head -n 1 "$work/rows.csv" | cut -d, -f1-4)" = "set,case,file,line" ] && [ "$(wc -l <"$work/rows.csv")" -gt 50 ] || say "the rows are missing"
expect 3 neusight-models --shuffle 1 --check
expect 2 no_such_set
expect 2 "$work/no_such_file.yaml"
grep -q E0101 "$work/errors" || say "a missing file is not called one"
"$binary" validate --data "$work" >/dev/null 2>"$work/errors"
[ $? -eq 2 ] || say "an empty folder gives no error"

# The example of the manual is what it says.
awk '/^```yaml/{f=1;next}/^```/{f=0}f' "$here/validation/README.md" >"$work/runs.yaml"
sed -n '/^gpu,network/,/^```/p' "$here/validation/README.md" | grep -v '```' >"$work/runs.csv"
expect 0 "$work/runs.yaml"
grep -q "points compared *1" "$work/out" || say "the manual's example compares nothing"
exit $bad
