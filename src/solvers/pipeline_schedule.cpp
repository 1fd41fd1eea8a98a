#include "mlsysim/solvers/pipeline_schedule.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace mlsysim::solvers {
namespace {

using systems::Schedule;
using Kind = Timeline::Kind;

struct Piece {
  Kind kind;
  int micro_batch, chunk;
};

/// Lays pieces on ranks; knows when each forward and backward pass has finished.
class Layout {
 public:
  explicit Layout(ScheduleInput const& in) : in_{in}, ranks_{static_cast<int>(in.ranks.size())}, apart_{in.schedule == Schedule::zero_bubble} {
    const auto all = static_cast<std::size_t>(ranks_) * static_cast<std::size_t>(in.chunks) * static_cast<std::size_t>(in.micro_batches);
    forward_.assign(all, unknown), backward_.assign(all, unknown);
    free_.assign(in.ranks.size(), 0), held_.assign(in.ranks.size(), 0);
    out_.in_flight.assign(in.ranks.size(), 0);
    for (int r = 0; r < ranks_; ++r) out_.lanes.push_back({"rank " + std::to_string(r), {}, 0});
  }

  ScheduleResult run() {
    if (apart_) zero_bubble();
    else in_order();
    finish();
    return std::move(out_);
  }

 private:
  static constexpr double unknown = -1;

  double& done(std::vector<double>& times, int rank, int chunk, int micro_batch) {
    return times[(static_cast<std::size_t>(rank) * static_cast<std::size_t>(in_.chunks) + static_cast<std::size_t>(chunk)) * static_cast<std::size_t>(in_.micro_batches) + static_cast<std::size_t>(micro_batch)];
  }
  double duration(int rank, Kind kind) const {
    auto const& t = in_.ranks[static_cast<std::size_t>(rank)];
    const Time whole = kind == Kind::forward ? t.forward : kind == Kind::weight_gradient ? t.weight_gradient : apart_ ? t.backward : t.backward + t.weight_gradient;
    return whole.raw() / in_.chunks;
  }

  /// When what a piece needs is there; `unknown` if its source has not been laid out yet.
  double ready(int rank, Piece const& p) {
    const auto after = [&](double source, bool sent) { return source == unknown ? unknown : source + (sent ? in_.message.raw() : 0); };
    const bool many = ranks_ > 1;
    if (p.kind == Kind::weight_gradient) return done(backward_, rank, p.chunk, p.micro_batch);
    if (p.kind == Kind::forward) {
      if (rank > 0) return after(done(forward_, rank - 1, p.chunk, p.micro_batch), true);
      if (p.chunk > 0) return after(done(forward_, ranks_ - 1, p.chunk - 1, p.micro_batch), many);
      return 0;
    }
    if (rank + 1 < ranks_) return after(done(backward_, rank + 1, p.chunk, p.micro_batch), true);
    if (p.chunk + 1 < in_.chunks) return after(done(backward_, 0, p.chunk + 1, p.micro_batch), many);
    return done(forward_, rank, p.chunk, p.micro_batch);
  }

  void put(int rank, Piece const& p, double from) {
    const auto r = static_cast<std::size_t>(rank);
    const double start = std::max(from, free_[r]), end = start + duration(rank, p.kind);
    free_[r] = end;
    if (p.kind == Kind::forward) done(forward_, rank, p.chunk, p.micro_batch) = end;
    if (p.kind == Kind::backward) done(backward_, rank, p.chunk, p.micro_batch) = end;
    // Activations are held until the gradients of weights have used them.
    if (p.kind == Kind::forward) out_.in_flight[r] = std::max(out_.in_flight[r], ++held_[r]);
    else if (p.kind == Kind::weight_gradient || !apart_) --held_[r];
    if (end > start) out_.lanes[r].slots.push_back({start, end, p.kind, p.micro_batch, p.chunk});
  }

  std::vector<Piece> order(int rank) const {
    const int m = in_.micro_batches, v = in_.chunks, p = ranks_, all = m * v;
    std::vector<Piece> out;
    // Chunks take turns in groups of as many micro-batches as there are ranks.
    const auto piece = [&](int k, Kind kind) {
      const int chunk = v == 1 ? 0 : (k % (p * v)) / p;
      return Piece{kind, v == 1 ? k : k / (p * v) * p + k % p, kind == Kind::forward ? chunk : v - 1 - chunk};
    };
    int first = all;
    if (in_.schedule != Schedule::gpipe) first = std::min(all, v == 1 ? p - 1 - rank : 2 * (p - 1 - rank) + (v - 1) * p);
    for (int k = 0; k < first; ++k) out.push_back(piece(k, Kind::forward));
    for (int k = first; k < all; ++k) out.push_back(piece(k, Kind::forward)), out.push_back(piece(k - first, Kind::backward));
    for (int k = all - first; k < all; ++k) out.push_back(piece(k, Kind::backward));
    return out;
  }

  void in_order() {
    std::vector<std::vector<Piece>> orders;
    for (int r = 0; r < ranks_; ++r) orders.push_back(order(r));
    std::vector<std::size_t> next(orders.size(), 0);
    for (bool moved = true; moved;) {
      moved = false;
      for (int r = 0; r < ranks_; ++r) {
        auto const& mine = orders[static_cast<std::size_t>(r)];
        auto& n = next[static_cast<std::size_t>(r)];
        for (; n < mine.size(); ++n) {
          const double at = ready(r, mine[n]);
          if (at == unknown) break;
          put(r, mine[n], at);
          moved = true;
        }
      }
    }
    for (std::size_t r = 0; r < next.size(); ++r) assert(next[r] == orders[r].size());
  }

  /// Each rank keeps to the order of 1F1B and fills its gaps with gradients of weights.
  void zero_bubble() {
    std::vector<std::vector<Piece>> orders;
    for (int r = 0; r < ranks_; ++r) orders.push_back(order(r));
    std::vector<std::size_t> next(orders.size(), 0);
    std::vector<int> waiting(orders.size(), 0);  // first micro-batch whose gradients of weights are missing
    std::vector<int> computed(orders.size(), 0);  // backward passes done
    for (bool moved = true; moved;) {
      moved = false;
      for (int r = 0; r < ranks_; ++r) {
        const auto i = static_cast<std::size_t>(r);
        const auto weights = [&] {
          const Piece p{Kind::weight_gradient, waiting[i]++, 0};
          put(r, p, ready(r, p));
        };
        while (next[i] < orders[i].size()) {
          const Piece p = orders[i][next[i]];
          const double at = ready(r, p);
          if (at == unknown) break;
          // What fits into the gap before the next piece, and what must make room for another micro-batch.
          while (waiting[i] < computed[i] && free_[i] + duration(r, Kind::weight_gradient) <= at * (1 + 1e-12)) weights();
          while (p.kind == Kind::forward && waiting[i] < computed[i] && held_[i] >= ranks_) weights();
          put(r, p, at);
          computed[i] += p.kind == Kind::backward;
          ++next[i];
          moved = true;
        }
        if (next[i] == orders[i].size())
          while (waiting[i] < in_.micro_batches) weights(), moved = true;
      }
    }
  }

  void finish() {
    double end = 0;
    for (double f : free_) end = std::max(end, f);
    out_.pipeline = Time{end};
    for (auto& lane : out_.lanes) {
      double at = lane.slots.empty() ? 0 : lane.slots.back().end;
      const auto add = [&](double duration, Kind kind) {
        if (duration > 0) lane.slots.push_back({at, at + duration, kind, -1, 0}), at += duration;
      };
      add(in_.gradients.raw(), Kind::communication);
      add(in_.optimizer.raw(), Kind::optimizer);
      for (auto const& s : lane.slots) lane.busy += s.end - s.start;
      if (Time{at} > out_.length) out_.length = Time{at};
    }
  }

  ScheduleInput const& in_;
  int ranks_;
  bool apart_;
  std::vector<double> forward_, backward_, free_;
  std::vector<int> held_;
  ScheduleResult out_;
};

}  // namespace

std::optional<Count> stack_layers(workload::Model const& model) {
  if (model.transformer) return model.transformer->layers;
  if (model.state_space) return model.state_space->layers;
  return std::nullopt;
}

std::vector<Count> layers_of_ranks(workload::Model const& model, systems::Parallel const& parallel) {
  const auto layers = stack_layers(model);
  if (!layers) return {};
  if (!parallel.stages.empty()) return parallel.stages;
  const int ranks = parallel.pipeline.value;
  const int behind = model.transformer && model.transformer->predicted_ahead.value > 0 ? 2 * model.transformer->predicted_ahead.value + 1 : 0;
  const auto of = [&](int n) { return Count{n, layers->origin}; };
  if (ranks == 1) return {*layers};
  int first, last, each, more;
  if (const int own = (layers->value + behind) / ranks - behind; behind > 0 && own > 0) {
    const int rest = layers->value - own;
    last = own, first = each = rest / (ranks - 1), more = rest % (ranks - 1);
  } else {
    const int extra = layers->value % ranks;
    last = each = layers->value / ranks, first = each + (extra == ranks - 1 ? 1 : 0), more = extra - (first - each);
  }
  std::vector<Count> dealt{of(first)};
  for (int i = 1; i + 1 < ranks; ++i) dealt.push_back(of(each + (i <= more ? 1 : 0)));
  dealt.push_back(of(last));
  return dealt;
}

ScheduleResult lay_out(ScheduleInput const& in) {
  assert(!in.ranks.empty() && in.micro_batches >= 1 && in.chunks >= 1);
  assert(in.chunks == 1 || in.micro_batches % static_cast<int>(in.ranks.size()) == 0);
  return Layout(in).run();
}

}  // namespace mlsysim::solvers
