#include <doctest/doctest.h>

#include <set>

#include "mlsysim/teaching/lint.hpp"
#include "scenarios.hpp"

using namespace mlsysim;

namespace {
std::set<std::string> found_in(std::string const& text) {
  const auto l = load(text);
  std::set<std::string> ids;
  for (auto const& f : teaching::lint(l, scenario::evaluate(l))) {
    CHECK(!f.message.empty());
    CHECK(!f.path.empty());
    ids.insert(std::string(f.id));
  }
  return ids;
}
}  // namespace

TEST_CASE("each lint has a page, and its example has it") {
  std::string before;
  CHECK(teaching::lint_pages().size() >= 20);
  for (auto const& p : teaching::lint_pages()) {
    CAPTURE(p.id);
    CHECK(std::string(p.id) > before);
    before = p.id;
    CHECK(p.text.size() > 40);
    CHECK(!p.advice.empty());
    CHECK(found_in(std::string(p.example)).count(std::string(p.id)) == 1);
    CHECK(teaching::lint_page(p.id) == &p);
  }
  CHECK(teaching::lint_page("L999") == nullptr);
  CHECK(teaching::lint_page("l001") == teaching::lint_page("L001"));
}

TEST_CASE("a plain scenario has no finding") {
  CHECK(found_in("workload: {model: Llama 3.1 8B, phase: serving, prompt: 1024, output: 256, batch: 32}\nsystem: {device: H100}\nlimits: {ttft: 500 ms, itl: 50 ms}\n").empty());
  CHECK(found_in("workload: {model: ResNet-50, phase: inference, batch: 64}\nsystem: {device: H100}\n").empty());
}

TEST_CASE("what the lint says of shipped scenarios is what they teach") {
  CHECK(found_in(builtin("pipeline_bubble")).count("L009") == 1);
  CHECK(found_in(builtin("long_context_training")).count("L010") == 1);
  CHECK(found_in(builtin("oversubscribed_network")).count("L017") == 1);
  for (std::string quiet : {"chatbot", "memory_wall", "compute_bound", "vision_batch_one", "moe_serving", "infeasible_70b_on_one_gpu"}) {
    CAPTURE(quiet);
    CHECK(found_in(builtin(quiet)).empty());
  }
}
