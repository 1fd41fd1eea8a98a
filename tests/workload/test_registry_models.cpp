#include <doctest/doctest.h>

#include <cmath>

#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/workload/operator.hpp"

using namespace mlsysim;

namespace {

/// Calls `check` with every model of the registry.
template <class F>
void for_each_model(F check) {
  const registry::Catalogue catalogue;
  for (auto const& e : catalogue.entries()) {
    if (e.kind != EntryKind::model) continue;
    CAPTURE(e.id);
    Ledger ledger;
    check(catalogue.read<workload::Model>(e, ledger), ledger);
  }
}

}  // namespace

TEST_CASE("work counted from the architecture agrees with what sources publish within 2 %") {
  // Sources count products only; torchvision leaves out some small ones.
  int published = 0;
  for_each_model([&](workload::Model const& m, Ledger& ledger) {
    if (!m.published || !m.published->forward_work) return;
    ++published;
    const Count tokens = m.transformer ? m.transformer->context : Count{1, {}};
    CHECK(workload::forward_work(m, tokens, false, ledger).value / m.published->forward_work->value == doctest::Approx(1).epsilon(0.02));
  });
  CHECK(published >= 10);
}

TEST_CASE("active parameters agree with what sources publish within 5 %") {
  // Sources round, and differ in whether the embedding counts as active.
  for_each_model([](workload::Model const& m, Ledger& ledger) {
    const auto count = workload::count_parameters(m, ledger);
    CHECK(count.active.value <= count.total.value);
    CHECK(count.routed.value < count.total.value);
    if (m.published && m.published->active_parameters) CHECK(count.active / m.published->active_parameters->value == doctest::Approx(1).epsilon(0.05));
  });
}

TEST_CASE("every operator of every model has work or data, and none of it is negative") {
  for_each_model([](workload::Model const& m, Ledger& ledger) {
    workload::PassShape s;
    s.batch = {2, {}}, s.new_tokens = {16, {}};
    const auto pass = workload::lower(m, s, ledger);
    CHECK(!pass.empty());
    for (auto const& o : pass) {
      const std::string name(o.name);
      CAPTURE(name);
      CHECK(o.repeat.value > 0);
      CHECK(std::isfinite(o.work.value.raw()));
      CHECK(o.bytes().raw() > 0);
      for (double part : {o.work.value.raw(), o.model_work.value.raw(), o.weights.value.raw(), o.input.value.raw(), o.output.value.raw(), o.cache_read.value.raw(), o.cache_write.value.raw()}) CHECK(part >= 0);
    }
  });
}

TEST_CASE("a language model reads nearly all of its active weights to write one token") {
  for_each_model([](workload::Model const& m, Ledger& ledger) {
    if (!workload::is_language_model(m) || (m.transformer && m.transformer->encoder)) return;
    workload::PassShape s;
    s.batch = {1, {}}, s.new_tokens = {1, {}}, s.cached_tokens = {64, {}};
    double read = 0;
    for (auto const& o : workload::lower(m, s, ledger)) read += o.weights.value.raw() * o.repeat.value;
    const auto count = workload::count_parameters(m, ledger);
    // An untied embedding is looked up, not read; biases are left out.
    const bool tied = m.transformer ? m.transformer->tied_embeddings : m.state_space->tied_embeddings;
    const double expected = 2 * (count.active.value - (tied ? 0 : count.embedding.value));
    CHECK(read / expected == doctest::Approx(1).epsilon(0.02));
  });
}
