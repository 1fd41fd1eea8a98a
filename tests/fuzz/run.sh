#!/usr/bin/env bash
# Each target for a minute, two at a time. Usage: run.sh BUILD [SECONDS]
set -eu
build=$1
seconds=${2:-60}
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/yaml" "$work/unit" "$work/scenario"
cp "$here"/scenarios/*/*.yaml "$work/yaml"
cp "$here"/scenarios/*/*.yaml "$work/scenario"
i=0
for text in '3.35 TB/s' '80 GiB' '475 gCO2e/kWh' '0.11 USD/GPU-hour' '4 pJ/FLOP' '1e-3 J/(B*s)' '400 Gbit/s' '5 m^2'; do
  printf '%s' "$text" >"$work/unit/$i"; i=$((i + 1))
done
one() { (cd "$work" && "$here/$build/tests/fuzz/$1_fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 "$1"); }
one yaml >"$work/yaml.log" 2>&1 & a=$!
one scenario >"$work/scenario.log" 2>&1 & b=$!
status=0
wait $a || { tail -n 40 "$work/yaml.log"; status=1; }
one unit >"$work/unit.log" 2>&1 || { tail -n 40 "$work/unit.log"; status=1; }
wait $b || { tail -n 40 "$work/scenario.log"; status=1; }
grep -h 'stat::number_of_executed_units' "$work"/*.log || true
exit $status
