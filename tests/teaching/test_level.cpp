#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "mlsysim/teaching/level.hpp"
#include "mlsysim/teaching/stages.hpp"
#include "scenarios.hpp"

using namespace mlsysim;

namespace {

std::set<std::string> sections(Report const& r) {
  std::set<std::string> out;
  for (auto const& s : r.sections) out.insert(s.id);
  return out;
}

}  // namespace

TEST_CASE("chapters are found by number and by title, and near names are offered") {
  CHECK(teaching::chapter("v1.13").title == "Model Serving");
  CHECK(teaching::chapter("V1.13").id == "v1.13");
  CHECK(teaching::chapter("model serving").id == "v1.13");
  CHECK(teaching::chapter("v1.1").id == "v1.1");
  try {
    (void)teaching::chapter("Model Servng");
    FAIL("accepted");
  } catch (InputError const& error) {
    CHECK(error.problems()[0].code == 333);
    CHECK(error.problems()[0].help.find("Model Serving") != std::string::npos);
  }
}

TEST_CASE("what is taught later is hidden, what is shown has not changed, and at the end of the book nothing is hidden") {
  for (auto const& s : registry::builtin_scenarios()) {
    CAPTURE(s.path);
    const Report whole = evaluate(std::string(s.text));
    std::size_t shown = 0;
    for (auto const& chapter : teaching::chapters()) {
      CAPTURE(chapter.id);
      Report r = whole;
      const auto hidden = teaching::hide_later(r, chapter);
      CHECK(hidden.size() + r.sections.size() == whole.sections.size());
      // Later chapters show no less.
      CHECK(r.sections.size() >= shown);
      shown = r.sections.size();
      for (auto const& [path, m] : r.metrics()) CHECK(whole.metric(path)->value == m->value);
    }
    CHECK(shown == whole.sections.size());
  }
}

TEST_CASE("memory before serving, serving before carbon") {
  Report r = evaluate(builtin("chatbot"));
  CHECK(sections(r).count("sustainability") == 1);
  Report serving = r, systems = r;
  teaching::hide_later(serving, teaching::chapter("v1.13"));
  CHECK(sections(serving).count("serving") == 1);
  CHECK(sections(serving).count("sustainability") == 0);
  teaching::hide_later(systems, teaching::chapter("v1.2"));
  CHECK(sections(systems) == std::set<std::string>{"memory"});
  // A verdict is never hidden: only a level which nothing was asked of goes.
  CHECK(systems.card.verdict == r.card.verdict);
  CHECK(systems.card.levels.size() + 1 == r.card.levels.size());
}
