#!/usr/bin/env bash
# scripts/tutorials must bite: a good page passes, each page with one fault fails with the words for it.
set -u
binary=$1
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# page NAME EXPECTED-WORDS <TEXT: with `~~~` for fences; without words the page must pass
page() {
  local name=$1 words=$2 page=$work/$1.md status
  sed 's/^~~~/```/' >"$page"
  scripts/tutorials check "$binary" "$page" >"$work/said" 2>&1
  status=$?
  if [ -z "$words" ]; then
    [ $status = 0 ] || { echo "$name: a good page fails:"; cat "$work/said"; bad=1; }
  elif [ $status = 0 ] || ! grep -qF -- "$words" "$work/said"; then
    echo "$name: wanted a failure with '$words', got:"
    cat "$work/said"
    bad=1
  fi
}

page good '' <<'E2'
An input such as `batch: 32` or 2 layers may stand in prose; <!-- value: metric memory.parameters chatbot | tr -d '\n' | sed 's/.*/ok/' -->ok<!-- end --> too.
<!-- check: is "$(number serving.itl chatbot) > 0" -->

~~~yaml
# small.yaml
workload: {model: Llama 3.1 8B, phase: decode, prompt: 128, batch: 1}
system: {device: H100}
~~~
~~~sh
mlsysim eval small.yaml --format csv | head -n 1
~~~
~~~text
file,metric,value,unit,low,high,confidence
~~~
~~~cpp
#include <cstdio>
#include <mlsysim/units/text.hpp>
using namespace mlsysim;
std::puts(display(6 * unit<"GB"> / (2 * unit<"GB/s">)).c_str());
~~~
~~~text
3 s
~~~
<!-- not run: it would take a day -->
~~~sh
sleep 86400
~~~
E2
page drift 'shows other output' <<'E2'
~~~sh
echo new
~~~
~~~text
old
~~~
E2
page stale_value 'shows other output' <<'E2'
There are <!-- value: echo 3 -->2<!-- end --> of them.
E2
page failing_command 'failing_command.md:3: fails' <<'E2'
~~~sh
mlsysim eval no_such_scenario
~~~
E2
page failing_program 'is not time' <<'E2'
~~~cpp
#include <mlsysim/units/quantity.hpp>
using namespace mlsysim;
static_assert(std::is_same_v<decltype(1 * unit<"B">), Time>, "data is not time");
~~~
E2
page false_sentence 'no longer true' <<'E2'
<!-- check: is "2 < 1" -->
Two is less than one.
E2
page output_of_nothing 'nothing above this block prints it' <<'E2'
~~~text
7 ms
~~~
E2
page number_by_hand "a number by hand: ' 7 ms" <<'E2'
A step takes 7 ms.
E2
exit $bad
