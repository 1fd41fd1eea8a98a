#!/bin/sh
# Usage: run.sh CXX INCLUDE_DIR
# control.cpp must compile. Every other file must not, and the first line with `error:` must hold all its expected texts.
set -u
cxx=$1
include=$2
folder=$(dirname "$0")
export LC_ALL=C.UTF-8
log=$(mktemp)
trap 'rm -f "$log"' EXIT
compile() { "$cxx" -std=c++20 -fsyntax-only -fdiagnostics-color=never -I "$include" "$1" 2>"$log"; }

missed=0
files=0
if compile "$folder/control.cpp"; then
  echo "ok     control compiles"
else
  echo "MISSED control.cpp does not compile:"
  cat "$log"
  missed=1
fi
for file in "$folder"/*.cpp; do
  name=$(basename "$file" .cpp)
  [ "$name" = control ] && continue
  files=$((files + 1))
  if compile "$file"; then
    echo "MISSED $name compiles"
    missed=$((missed + 1))
    continue
  fi
  message=$(grep -m 1 'error:' "$log")
  absent=$(sed -n 's,^// expect: ,,p' "$file" | while IFS= read -r text; do
    case $message in
      *"$text"*) ;;
      *) printf ' "%s"' "$text" ;;
    esac
  done)
  if ! grep -q '^// expect: ' "$file"; then
    echo "MISSED $name says nothing of what it expects"
    missed=$((missed + 1))
  elif [ -n "$absent" ]; then
    echo "MISSED $name lacks$absent in: $message"
    missed=$((missed + 1))
  else
    echo "ok     $name: ${message#*error: }"
  fi
done
echo "$files mistakes, $missed missed"
[ "$missed" -eq 0 ]
