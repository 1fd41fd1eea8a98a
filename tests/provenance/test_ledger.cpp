#include <doctest/doctest.h>

#include <type_traits>

#include "mlsysim/provenance/ledger.hpp"

using namespace mlsysim;

static_assert(sizeof(Origin) == 4);
static_assert(std::is_trivially_copyable_v<Sourced<Time>>);
static_assert(std::is_convertible_v<Count, Real>);
static_assert(!std::is_convertible_v<Sourced<Time>, Sourced<Data>> && !std::is_convertible_v<Sourced<Time>, double>);
static_assert(weakest(Confidence::calibrated, Confidence::theoretical) == Confidence::theoretical);
static_assert(weakest(Confidence::interpolated, Confidence::calibrated) == Confidence::interpolated);

namespace {

Fact fact(std::string path, double value, Origin::Kind kind = Origin::Kind::fact) {
  Fact f;
  f.path = std::move(path);
  f.value = value;
  f.kind = kind;
  return f;
}

}  // namespace

TEST_CASE("an origin is a kind and an index") {
  for (auto kind : {Origin::Kind::unknown, Origin::Kind::fact, Origin::Kind::given, Origin::Kind::assumed, Origin::Kind::step})
    for (std::uint32_t index : {0U, 1U, 77U, 0x1fffffffU}) {
      const Origin o(kind, index);
      CHECK(o.kind() == kind);
      CHECK(o.index() == index);
    }
  CHECK(Origin{}.kind() == Origin::Kind::unknown);
}

TEST_CASE("a count used as a real number keeps its origin") {
  const Count layers{32, Origin(Origin::Kind::fact, 5)};
  const Real r = layers;
  CHECK(r.value == 32);
  CHECK(r.origin == layers.origin);
}

TEST_CASE("facts are found by their origins, and steps are no facts") {
  Ledger ledger;
  const Origin a = ledger.add(fact("a", 1)), b = ledger.add(fact("b", 2, Origin::Kind::given));
  CHECK(a.kind() == Origin::Kind::fact);
  CHECK(b.kind() == Origin::Kind::given);
  REQUIRE(ledger.fact(a));
  REQUIRE(ledger.fact(b));
  CHECK(ledger.fact(a)->path == "a");
  CHECK(ledger.fact(b)->value == 2);
  CHECK(ledger.step(a) == nullptr);
  CHECK(ledger.fact(Origin{}) == nullptr);
  CHECK(ledger.fact(Origin(Origin::Kind::fact, 2)) == nullptr);
  CHECK(ledger.step(Origin(Origin::Kind::step, 0)) == nullptr);
}

TEST_CASE("a source is kept once per id") {
  Ledger ledger;
  Source s;
  s.id = "nvidia_h100";
  s.seen = "2024-05-01";
  const auto first = ledger.add(s);
  s.title = "again";
  CHECK(ledger.add(s) == first);
  s.id = "other";
  CHECK(ledger.add(s) == first + 1);
  CHECK(ledger.sources().size() == 2);
  CHECK(ledger.sources()[0].title.empty());
  CHECK(ledger.sources()[0].verified());
  Fact f = fact("a", 1);
  CHECK(ledger.source(f) == nullptr);
  f.source = first;
  REQUIRE(ledger.source(f));
  CHECK(ledger.source(f)->id == "nvidia_h100");
}

TEST_CASE("an assumption is written down while recording, once per name and value") {
  Ledger ledger;
  CHECK(assumed(ledger, "pue", 1.2, "typical").value == 1.2);
  CHECK(assumed(ledger, "pue", 1.2, "typical").origin.kind() == Origin::Kind::assumed);
  CHECK(ledger.facts().empty());
  ledger.recording = true;
  const auto a = assumed(ledger, "pue", 1.2, "typical");
  const auto again = assumed(ledger, "pue", 1.2, "typical");
  const auto life = assumed(ledger, "lifetime", 4.0 * unit<"year">, "accounting");
  CHECK(a.origin == again.origin);
  CHECK(ledger.facts().size() == 2);
  Fact const* f = ledger.fact(life.origin);
  REQUIRE(f);
  CHECK(f->as_written == "4 years");
  CHECK(f->dimension == Dimension("s"));
  CHECK(f->note == "accounting");
}

TEST_CASE("only an assumption can be restated") {
  Ledger ledger;
  ledger.add(fact("peak", 1));
  const Origin o = ledger.add(fact("pue", 1.2, Origin::Kind::assumed));
  CHECK(ledger.restate("pue", 1.1, "1.1", "for this site"));
  CHECK(ledger.fact(o)->value == 1.1);
  CHECK(ledger.fact(o)->as_written == "1.1");
  CHECK(ledger.fact(o)->note == "for this site");
  CHECK_FALSE(ledger.restate("peak", 2, "2", ""));
  CHECK_FALSE(ledger.restate("nothing", 2, "2", ""));
}

TEST_CASE("a sum is a step without an equation, and no step at all while recording is off") {
  Ledger ledger;
  const Sourced<Time> a{1.0 * unit<"s">, ledger.add(fact("a", 1))}, b{2.0 * unit<"s">, ledger.add(fact("b", 2))};
  const auto silent = sum<Time>(ledger, "layers", {a, b});
  CHECK(silent.value == 3.0 * unit<"s">);
  CHECK(silent.origin == Origin{});
  CHECK(ledger.steps().empty());
  ledger.recording = true;
  const auto total = sum<Time>(ledger, "layers", {a, b});
  CHECK(total.value == silent.value);
  Step const* s = ledger.step(total.origin);
  REQUIRE(s);
  CHECK(s->equation == nullptr);
  CHECK(s->label == "layers");
  CHECK(s->value == 3);
  CHECK(s->dimension == Dimension("s"));
  REQUIRE(s->inputs.size() == 2);
  CHECK(s->inputs[1].origin == b.origin);
  CHECK(s->inputs[1].value == 2);
}

TEST_CASE("the facts behind a result, each once, in the order of first use, the unused left out") {
  Ledger ledger;
  ledger.recording = true;
  const Sourced<Time> a{1.0 * unit<"s">, ledger.add(fact("a", 1))};
  ledger.add(fact("unused", 9));
  const Sourced<Time> b{2.0 * unit<"s">, ledger.add(fact("b", 2))}, c{3.0 * unit<"s">, ledger.add(fact("c", 3))};
  const auto inner = sum<Time>(ledger, "inner", {b, a});
  const auto outer = sum<Time>(ledger, "outer", {inner, c, a, inner, Sourced<Time>{}});
  CHECK(ledger.facts_behind(outer.origin) == std::vector<Origin>{b.origin, a.origin, c.origin});
  CHECK(ledger.facts_behind(a.origin) == std::vector<Origin>{a.origin});
  CHECK(ledger.facts_behind(Origin{}).empty());
  ledger.forget_steps();
  CHECK(ledger.steps().empty());
  CHECK(ledger.facts().size() == 4);
}

TEST_CASE("a chain of a hundred thousand steps needs no stack, and a doubling one no time") {
  Ledger ledger;
  ledger.recording = true;
  const Sourced<Time> one{1e-300 * unit<"s">, ledger.add(fact("one", 1))};
  Sourced<Time> t = one;
  for (int i = 0; i < 100000; ++i) t = sum<Time>(ledger, "chain", {t, one});
  CHECK(ledger.facts_behind(t.origin).size() == 1);
  t = one;
  for (int i = 0; i < 200; ++i) t = sum<Time>(ledger, "doubling", {t, t});
  CHECK(ledger.facts_behind(t.origin).size() == 1);
}
