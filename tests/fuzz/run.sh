#!/usr/bin/env bash
# Runs each fuzz target. Usage: tests/fuzz/run.sh BUILD_DIR [SECONDS]
set -u
build=$1
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for target in yaml unit scenario mapping; do
  binary=$(find "$build" -type f -name "${target}_fuzz" | head -n 1)
  if [ -z "$binary" ]; then echo "no ${target}_fuzz in $build"; exit 1; fi
  mkdir -p "$found/$target"
  seeds=("$here/corpus/$target")
  [ "$target" = scenario ] && for d in "$here"/../../scenarios/*/; do seeds+=("$d"); done
  echo "== $target, $seconds s"
  "$binary" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 -dict="$here/$target.dict" -artifact_prefix="$found/" -print_final_stats=1 \
    "$found/$target" "${seeds[@]}" 2>"$found/$target.log"
  code=$?
  grep -E "number_of_executed_units|average_exec_per_sec|SUMMARY" "$found/$target.log"
  if [ $code -ne 0 ]; then
    tail -n 60 "$found/$target.log"
    for f in "$found"/crash-* "$found"/timeout-* "$found"/oom-* "$found"/leak-*; do
      [ -f "$f" ] && echo "input $f in base64:" && base64 "$f"
    done
    exit 1
  fi
done
