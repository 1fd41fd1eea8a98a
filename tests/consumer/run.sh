#!/usr/bin/env bash
# Installs the build into a fresh prefix, then builds and runs a separate project against it.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >/dev/null
cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
ninja -C "$work/build"
"$work/build/consumer"
# The installed program needs nothing of this folder.
cd "$work" && mkdir empty && cd empty && ../prefix/bin/mlsysim eval chatbot >/dev/null
