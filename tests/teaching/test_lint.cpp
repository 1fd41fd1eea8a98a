#include <doctest/doctest.h>

#include <map>
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
  // A scenario which is not named here must have no finding, or its story has to mention it.
  const std::map<std::string, std::set<std::string>> known{
  };
  for (auto const& s : registry::builtin_scenarios()) {
    CAPTURE(s.path);
    const auto ids = found_in(std::string(s.text));
    const std::string stem(s.path.substr(s.path.rfind('/') + 1, s.path.rfind('.') - s.path.rfind('/') - 1));
    const auto expected = known.find(stem);
    for (auto const& id : ids) {
      CAPTURE(id);
      CHECK((expected != known.end() && expected->second.count(id) == 1));
    }
  }
}
