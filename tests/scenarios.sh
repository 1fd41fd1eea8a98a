#!/usr/bin/env bash
# Every shipped scenario evaluates in every format; its resolved form evaluates to the same numbers; the one which must not fit does not.
set -u
binary=$1
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
for f in "$here"/scenarios/*/*.yaml; do
  for format in text json csv markdown; do
    "$binary" eval "$f" --format $format -o "$work/out.$format" 2>"$work/errors"
    code=$?
    if [ $code -ne 0 ] && [ $code -ne 3 ]; then
      echo "$f --format $format: exit code $code"; cat "$work/errors"; bad=1
    fi
    grep -qiE '\b-?nan\b' "$work/out.$format" && { echo "$f --format $format: NaN"; bad=1; }
  done
  case $f in *infeasible*) [ $code -eq 3 ] || { echo "$f: must not fit, but exit code is $code"; bad=1; } ;; esac
  if ! "$binary" resolve "$f" -o "$work/resolved.yaml" 2>"$work/errors"; then
    echo "$f: resolve failed"; cat "$work/errors"; bad=1; continue
  fi
  "$binary" eval "$work/resolved.yaml" --format csv -o "$work/again.csv" 2>"$work/errors" || [ $? -eq 3 ] || { echo "$f: the resolved file does not evaluate"; cat "$work/errors"; bad=1; }
  cut -d, -f2- "$work/out.csv" >"$work/a"; cut -d, -f2- "$work/again.csv" >"$work/b"
  cmp -s "$work/a" "$work/b" || { echo "$f: the resolved file gives other numbers"; diff "$work/a" "$work/b" | head -5; bad=1; }
done
exit $bad
