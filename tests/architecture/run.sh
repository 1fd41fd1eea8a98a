#!/usr/bin/env bash
# Who may include whom: reads the #include lines. A folder may include those listed beside it, and itself.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
say() { echo "$1"; bad=1; }

declare -A may=(
  [units]=""
  [provenance]="units"
  [equations]="units provenance"
  [describe]="units provenance"
  [workload]="units provenance equations describe"
  [hardware]="units provenance equations describe workload"
  [infrastructure]="units provenance equations describe workload hardware"
  [systems]="units provenance equations describe workload hardware infrastructure"
  [solvers]="units provenance equations describe workload hardware infrastructure systems"
  [io]="units provenance describe"
  [registry]="units provenance describe io workload hardware infrastructure systems solvers"
  [scenario]="units provenance equations describe workload hardware infrastructure systems solvers io registry"
  [explore]="units provenance equations describe workload hardware infrastructure systems solvers io registry scenario"
  [teaching]="units provenance equations describe workload hardware infrastructure systems solvers io registry scenario"
  [render]="units provenance describe teaching"
  [labs]="units provenance equations describe workload hardware infrastructure systems solvers io registry scenario teaching render validation"
  [validation]="units provenance equations describe workload hardware infrastructure systems solvers io registry scenario"
)
for folder in "${!may[@]}"; do
  while IFS=: read -r file line text; do
    used=$(sed -E 's|.*"mlsysim/([a-z]+)/.*|\1|' <<<"$text")
    [ "$used" = "$folder" ] && continue
    grep -qw -- "$used" <<<"${may[$folder]}" || say "$file:$line: $folder may not include $used"
  done < <(grep -nHE '^#include "mlsysim/[a-z]+/' -r "include/mlsysim/$folder" "src/$folder" 2>/dev/null)
done

third='<(yaml-cpp|nlohmann|CLI|fmt|fast_float|doctest|benchmark)/'
grep -nHE "#include $third" -r include && say "a public header names a third-party library"
grep -rlE '#include <yaml-cpp/' src | grep -v '^src/io/' && say "yaml-cpp belongs to src/io"
grep -rlE '#include <nlohmann/' src | grep -vE '^src/(io|render)/' && say "nlohmann belongs to src/io and src/render"
grep -rlE '#include <CLI/' src | grep -vE '^src/(cli|benchmark)/' && say "CLI11 belongs to the programs, src/cli and src/benchmark"
grep -nHP '\t' -r include src && say "a tab"
grep -nHE '(TODO|FIXME|XXX)' -r include src && say "a note to self"
grep -nHE '^\s*//\s*[-=*#]{4,}' -r include src && say "a banner comment"
[ $bad -eq 0 ] && echo "the include lines follow the design"
exit $bad
