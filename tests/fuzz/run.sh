#!/usr/bin/env bash
# Runs the fuzz targets, two at a time. Usage: tests/fuzz/run.sh BUILD_DIR [SECONDS]
set -u
build=$1
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT

one() {
  local target=$1 binary
  binary=$(find "$build" -type f -name "${target}_fuzz" | head -n 1)
  if [ -z "$binary" ]; then echo "no ${target}_fuzz in $build"; return 1; fi
  mkdir -p "$found/$target/new" "$found/$target/bad"
  local seeds=("$here/corpus/$target")
  [ "$target" = scenario ] && for d in "$here"/../../scenarios/*/; do seeds+=("$d"); done
  "$binary" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 -dict="$here/$target.dict" -artifact_prefix="$found/$target/bad/" -print_final_stats=1 \
    "$found/$target/new" "${seeds[@]}" 2>"$found/$target.log"
  local code=$?
  echo "== $target, $seconds s"
  grep -E "number_of_executed_units|average_exec_per_sec|SUMMARY" "$found/$target.log"
  [ $code -eq 0 ] && return 0
  tail -n 60 "$found/$target.log"
  for f in "$found/$target/bad"/*; do
    [ -f "$f" ] && echo "input $f in base64:" && base64 "$f"
  done
  return 1
}

bad=0
for pair in "yaml unit" "scenario mapping" "axes trace" "lab predict" expression; do
  jobs=()
  for target in $pair; do one "$target" & jobs+=($!); done
  for job in "${jobs[@]}"; do wait "$job" || bad=1; done
done
exit $bad
