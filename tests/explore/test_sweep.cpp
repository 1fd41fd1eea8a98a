#include "common.hpp"

using namespace test;

namespace {

explore::Question question(io::Document const& d, std::string const& argument, std::vector<std::string> const& metrics = {}) {
  return explore::ask(catalogue(), d, explore::Space(axes(d, argument)), metrics);
}

}  // namespace

TEST_CASE("a number at hand is the report's metric of its path, in every shipped scenario") {
  for (auto const& s : registry::builtin_scenarios()) {
    const std::string name(s.path);
    CAPTURE(name);
    const auto d = document(std::string(s.text));
    explore::Design design(catalogue(), d);
    const Report r = scenario::evaluate(design.loaded());
    auto& e = design.evaluator();
    e.evaluate();
    for (auto const& h : e.headline()) CHECK(!h.path.empty());
    for (auto const& [path, metric] : r.metrics()) {
      const std::string shown = path;
      CAPTURE(shown);
      // These compare two evaluations; a point of a sweep is one.
      if (shown.starts_with("techniques.")) continue;
      const auto handle = e.find(path);
      REQUIRE(handle);
      CHECK(handle->dimension == metric->dimension);
      CHECK(handle->percent == metric->percent);
      CHECK(e.value(*handle) == metric->value);
    }
  }
}

TEST_CASE("a sweep gives the numbers of single evaluations, to the last bit") {
  struct Case {
    char const *scenario, *axes;
  };
  for (auto const& c : {Case{"chatbot", "batch=1|7|64,system.device=H100|A100,system.device.memory.hbm.bandwidth=2 TB/s|3.35 TB/s"},
                        Case{"memory_wall", "workload.precision.weights=bf16|int8,system.device.power.tdp=500 W|700 W,prompt=100|2000"},
                        Case{"training_7b_eight_gpus", "system.parallel.tensor=1|2|4,workload.batch=1|2,workload.training.recompute=none|full"},
                        Case{"vision_batch_one", "batch=1|32,hardware=H100|L4"},
                        Case{"region_choice_poland", "infrastructure.grid=Sweden|Poland,batch=1|8"}}) {
    const std::string name = c.scenario;
    CAPTURE(name);
    const auto d = builtin(c.scenario);
    const auto q = question(d, c.axes);
    explore::Sweeper sweeper(catalogue(), d, q);
    // Backwards, so that what stays from the point before would show.
    for (std::uint64_t p = q.space.size(); p-- > 0;) {
      auto const& row = sweeper.run(p);
      const std::string at = explore::point_text(q.space, p);
      CAPTURE(at);
      std::vector<scenario::Edit> edits;
      for (std::size_t a = 0; a < q.space.axes().size(); ++a)
        for (auto const& path : q.space.axes()[a].paths) edits.push_back({path, q.space.axes()[a].levels[q.space.level(p, a)].text});
      std::vector<Diagnostic> problems;
      const auto l = scenario::load(catalogue(), d, edits, "edits", problems);
      Report r;
      try {
        if (problems.empty()) r = scenario::evaluate(l);
      } catch (InputError const&) {
        CHECK(row.status == scenario::Status::refused);
        continue;
      }
      for (std::size_t m = 0; m < q.metrics.size(); ++m) {
        Metric const* metric = r.metric(q.metrics[m].path);
        if (metric) CHECK(row.values[m] == metric->value);
        else CHECK(std::isnan(row.values[m]));
      }
    }
  }
}

TEST_CASE("what is kept between points changes no number: every shipped scenario, field by field, against an evaluation which keeps nothing") {
  constexpr char const* fields[] = {"hardware.memory.bandwidth=1x|0.5x", "hardware.compute=1x|0.5x", "hardware.power.tdp=1x|0.8x",   "hardware.scale_up.bandwidth=1x|0.5x", "hardware.network.bandwidth=1x|0.5x", "hardware.memory.capacity=1x|2x",
                                    "batch=1x|2x",                       "prompt=1x|2x",           "output=1x|2x",                  "sequence=1x|2x",                     "workload.training.global_batch=1x|2x", "workload.precision.weights=bf16|int8",
                                    "workload.training.recompute=none|full", "zero=0|1",            "infrastructure.utilisation=1x|0.5x", "workload.model.transformer.layers=1x|2x", "workload.launch=graph|host"};
  std::size_t compared = 0;
  for (auto const& s : registry::builtin_scenarios()) {
    const std::string name(s.path);
    CAPTURE(name);
    const auto d = document(std::string(s.text));
    std::vector<explore::Axis> varied;
    for (auto const* field : fields) {
      std::vector<Diagnostic> problems;
      const auto texts = explore::parse_axes(field, "--vary", problems);
      auto found = explore::bind(texts, field, "--vary", catalogue(), d, problems);
      if (problems.empty() && found.size() == 1 && found[0].in_place) varied.push_back(std::move(found[0]));
    }
    const explore::Space space(std::move(varied));
    explore::Runner runner(catalogue(), d, space);
    // As written, one field changed at a time, all of them, and as written once more.
    std::vector<std::uint64_t> points{0};
    for (std::size_t a = 0; a < space.axes().size(); ++a) points.push_back(space.stride(a));
    points.push_back(space.size() - 1), points.push_back(0);
    for (std::uint64_t p : points) {
      const std::string at = explore::point_text(space, p);
      CAPTURE(at);
      const auto status = runner.run(p);
      explore::Design alone(catalogue(), d);
      for (std::size_t a = 0; a < space.axes().size(); ++a) {
        auto const& axis = space.axes()[a];
        for (std::size_t i = 0; i < axis.paths.size(); ++i) explore::Handle(*alone.field(axis.paths[i])).set(axis.levels[space.level(p, a)].values[i]);
      }
      REQUIRE(alone.evaluator().evaluate() == status);
      CHECK(alone.evaluator().reason() == runner.reason());
      if (status == scenario::Status::refused) continue;
      CHECK(alone.evaluator().binding() == runner.evaluator()->binding());
      for (auto const& path : alone.evaluator().at_hand()) {
        const auto handle = alone.evaluator().find(path);
        const double kept = runner.evaluator()->value(*handle), anew = alone.evaluator().value(*handle);
        CAPTURE(path);
        CHECK((kept == anew || (std::isnan(kept) && std::isnan(anew))));
        compared += std::isnan(anew) ? 0 : 1;
      }
    }
  }
  CHECK(compared > 5000);
}

TEST_CASE("a row tells where the limit changes, wherever the sweep starts") {
  const auto d = document("workload: {model: Llama 3.1 8B, phase: prefill, prompt: 8}\nsystem: {device: H100}\n");
  const auto q = question(d, "batch=1..1024");
  explore::Sweeper whole(catalogue(), d, q);
  std::vector<std::uint64_t> crossings;
  for (std::uint64_t p = 0; p < q.space.size(); ++p)
    if (whole.run(p).crossover) crossings.push_back(p);
  REQUIRE(crossings.size() == 1);
  CHECK(whole.tally().crossovers.begin()->first == "memory bandwidth -> compute");
  explore::Sweeper part(catalogue(), d, q);
  CHECK(part.run(crossings[0]).crossover);
  CHECK(part.run(0).crossover == false);
}

TEST_CASE("points without numbers are counted by reason, whatever the numbers in it") {
  const auto d = document("workload: {model: Llama 3.1 70B, phase: decode, prompt: 1024}\nsystem: {node: DGX H100}\n");
  const auto q = question(d, "tensor=1..32");
  explore::Sweeper s(catalogue(), d, q);
  for (std::uint64_t p = 0; p < q.space.size(); ++p) s.run(p);
  CHECK(s.tally().points == 6);
  CHECK(s.tally().evaluated == 3);
  CHECK(s.tally().reasons.size() == 2);
  CHECK(s.tally().reasons.at("does not fit into hbm").points == 1);
}

TEST_CASE("a front keeps what nothing beats, in any order of the points") {
  const auto row = [](std::uint64_t point, double a, double b) {
    explore::Row r;
    r.point = point;
    r.status = scenario::Status::evaluated;
    r.values = {a, b};
    return r;
  };
  // Cost and speed: (1, 1), (2, 3) and (4, 4) are the front; (2, 2) and (3, 3) are beaten.
  const std::vector<explore::Row> all{row(0, 2, 2), row(1, 1, 1), row(2, 4, 4), row(3, 3, 3), row(4, 2, 3)};
  for (std::size_t turn = 0; turn < all.size(); ++turn) {
    explore::Front left({true, false}), right({true, false});
    for (std::size_t i = 0; i < all.size(); ++i) (i < 2 ? left : right).add(all[(i + turn) % all.size()]);
    left.add(right);
    const auto rows = left.rows();
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].point == 1);
    CHECK(rows[1].point == 4);
    CHECK(rows[2].point == 2);
    CHECK(left.dominated() == 2);
  }
}

TEST_CASE("a metric which no point has is an error with near names") {
  const auto d = builtin("chatbot");
  try {
    (void)question(d, "batch=1..4", {"serving.itll"});
    FAIL("no error");
  } catch (InputError const& e) {
    CHECK(e.problems()[0].code == 313);
    CHECK(e.problems()[0].message.find("nearest: serving.itl") != std::string::npos);
  }
}
