#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "mlsysim/equations/memory.hpp"
#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/solvers/pipeline_schedule.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;
using systems::Schedule;
using Kind = Timeline::Kind;

namespace {

/// Equal ranks: a second each for forward, gradients of inputs and gradients of weights.
ScheduleInput even(Schedule schedule, int ranks, int micro_batches, int chunks = 1) {
  ScheduleInput in;
  in.schedule = schedule;
  in.micro_batches = micro_batches;
  in.chunks = chunks;
  in.ranks.assign(static_cast<std::size_t>(ranks), {1 * unit<"s">, 1 * unit<"s">, 1 * unit<"s">});
  return in;
}

double seconds(Time t) { return t.in(unit<"s">); }

/// When each piece ends, by kind, rank, chunk and micro-batch.
using Ends = std::map<std::tuple<Kind, int, int, int>, Timeline::Slot>;
Ends ends(ScheduleResult const& r) {
  Ends all;
  for (std::size_t rank = 0; rank < r.lanes.size(); ++rank)
    for (auto const& s : r.lanes[rank].slots) all[{s.kind, static_cast<int>(rank), s.chunk, s.micro_batch}] = s;
  return all;
}

struct Shape {
  Schedule schedule;
  int ranks, micro_batches, chunks;
};
constexpr Shape shapes[] = {{Schedule::gpipe, 4, 8, 1},       {Schedule::one_f_one_b, 4, 8, 1}, {Schedule::one_f_one_b, 1, 3, 1},  {Schedule::one_f_one_b, 8, 3, 1}, {Schedule::one_f_one_b, 4, 8, 2},
                            {Schedule::one_f_one_b, 4, 12, 3}, {Schedule::zero_bubble, 4, 8, 1}, {Schedule::zero_bubble, 8, 20, 1}, {Schedule::zero_bubble, 4, 2, 1}, {Schedule::gpipe, 1, 1, 1}};

}  // namespace

TEST_CASE("with equal ranks the laid-out step is as long as the closed forms say") {
  for (auto const& s : shapes) {
    if (s.micro_batches < s.ranks) continue;
    CAPTURE(static_cast<int>(s.schedule));
    CAPTURE(s.ranks);
    CAPTURE(s.chunks);
    const double t = 3, m = s.micro_batches, p = s.ranks;
    const double bubble = s.schedule == Schedule::zero_bubble ? seconds(eq::zero_bubble_time(p, 1 * unit<"s">, 1 * unit<"s">, 1 * unit<"s">)) : seconds(eq::bubble_time(p, static_cast<double>(s.chunks), 3 * unit<"s">));
    CHECK(seconds(lay_out(even(s.schedule, s.ranks, s.micro_batches, s.chunks)).length) == doctest::Approx(m * t + bubble));
  }
}

TEST_CASE("no rank does two things at once, and every piece is done exactly once") {
  for (auto const& s : shapes) {
    CAPTURE(static_cast<int>(s.schedule));
    auto in = even(s.schedule, s.ranks, s.micro_batches, s.chunks);
    in.message = 0.1 * unit<"s">, in.gradients = 2 * unit<"s">, in.optimizer = 1 * unit<"s">;
    const auto r = lay_out(in);
    for (auto const& lane : r.lanes) {
      double before = 0, busy = 0;
      int forward = 0, backward = 0, weights = 0;
      for (auto const& slot : lane.slots) {
        CHECK(slot.start >= before - 1e-12);
        CHECK(slot.end > slot.start);
        before = slot.end;
        busy += slot.end - slot.start;
        forward += slot.kind == Kind::forward, backward += slot.kind == Kind::backward, weights += slot.kind == Kind::weight_gradient;
      }
      CHECK(forward == s.micro_batches * s.chunks);
      CHECK(backward == s.micro_batches * s.chunks);
      CHECK(weights == (s.schedule == Schedule::zero_bubble ? s.micro_batches : 0));
      CHECK(busy == doctest::Approx(3.0 * s.micro_batches + 3));
      CHECK(lane.busy == doctest::Approx(busy));
    }
  }
}

TEST_CASE("nothing starts before what it needs has arrived") {
  for (auto const& s : shapes) {
    CAPTURE(static_cast<int>(s.schedule));
    auto in = even(s.schedule, s.ranks, s.micro_batches, s.chunks);
    in.message = 0.25 * unit<"s">;
    const auto all = ends(lay_out(in));
    for (int m = 0; m < s.micro_batches; ++m)
      for (int c = 0; c < s.chunks; ++c)
        for (int r = 0; r < s.ranks; ++r) {
          auto const& f = all.at({Kind::forward, r, c, m});
          auto const& b = all.at({Kind::backward, r, c, m});
          if (r > 0) CHECK(f.start >= all.at({Kind::forward, r - 1, c, m}).end + 0.25 - 1e-12);
          if (r + 1 < s.ranks) CHECK(b.start >= all.at({Kind::backward, r + 1, c, m}).end + 0.25 - 1e-12);
          CHECK(b.start >= f.end - 1e-12);
          if (s.schedule == Schedule::zero_bubble) CHECK(all.at({Kind::weight_gradient, r, 0, m}).start >= b.end - 1e-12);
        }
  }
}

TEST_CASE("GPipe holds every micro-batch, 1F1B as many as there are ranks behind, interleaving some more, ZB-H1 no more than 1F1B") {
  const auto held = [](Shape const& s) { return lay_out(even(s.schedule, s.ranks, s.micro_batches, s.chunks)).in_flight; };
  for (int n : held({Schedule::gpipe, 4, 8, 1})) CHECK(n == 8);
  CHECK(held({Schedule::one_f_one_b, 4, 8, 1}) == std::vector<int>{4, 3, 2, 1});
  // Of v chunks each holds a v-th: p + (p - 1) / v micro-batches on the first rank (Korthikanti 2022, section 4.2.3).
  for (int v : {2, 3})
    CHECK(held({Schedule::one_f_one_b, 4, 24, v})[0] / static_cast<double>(v) == doctest::Approx(eq::interleaved_in_flight(4.0, static_cast<double>(v), 24.0, 0.0)));
  for (int n : held({Schedule::zero_bubble, 4, 8, 1})) CHECK(n <= 4);
}

TEST_CASE("a slow rank slows the step, and more micro-batches make the bubble a smaller part of it") {
  auto uneven = even(Schedule::one_f_one_b, 4, 8);
  uneven.ranks[2].forward = 1.5 * unit<"s">;
  CHECK(lay_out(uneven).length > lay_out(even(Schedule::one_f_one_b, 4, 8)).length);
  double before = 1;
  for (int m : {4, 8, 16, 64, 256}) {
    const auto r = lay_out(even(Schedule::one_f_one_b, 4, m));
    const double idle = 1 - r.lanes[0].busy / seconds(r.length);
    CHECK(idle < before);
    CHECK(idle == doctest::Approx(eq::bubble_fraction(4.0, 1.0, static_cast<double>(m))));
    before = idle;
  }
}
