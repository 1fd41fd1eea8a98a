#include "serving_engine.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace mlsysim::solvers {
namespace {

constexpr int steps_of_octave = 8;  ///< bits of the mantissa which tell bins apart: 256 bins for a factor of two
constexpr double watermark = 0.01;  ///< of the blocks stays free when a request is admitted beside others (vLLM, BlockSpaceManager)

// std::bit_cast, which the library of Emscripten does not have yet.
template <class To, class From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

std::size_t bin_of(double time) {
  // Times of a nanosecond and less share a bin.
  const std::uint64_t bits = bits_as<std::uint64_t>(std::max(time, 1e-9)) - bits_as<std::uint64_t>(1e-9);
  return static_cast<std::size_t>(bits >> (52 - steps_of_octave));
}
double middle_of(std::size_t bin) {
  const std::uint64_t low = (static_cast<std::uint64_t>(bin) << (52 - steps_of_octave)) + bits_as<std::uint64_t>(1e-9);
  return bits_as<double>(low + (1ULL << (51 - steps_of_octave)));
}

}  // namespace

void TimeHistogram::add(double time, double weight) {
  const std::size_t bin = bin_of(time);
  if (bin >= counts_.size()) counts_.resize(bin + 256);
  counts_[bin] += weight;
  weight_ += weight, sum_ += weight * time, most_ = std::max(most_, time);
}

double TimeHistogram::quantile(double q) const {
  double below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (counts_[i] > 0 && below >= q * weight_) return std::min(middle_of(i), most_);
  }
  return most_;
}

ReplicaEngine::ReplicaEngine(SchedulerInput const& scheduler, ReplicaRole role, int number, IterationPrices& prices, Books& books)
    : s_{scheduler}, role_{role}, number_{number}, prices_{prices}, books_{books}, random_{scheduler.seed + 0x9e3779b97f4a7c15U * static_cast<std::uint64_t>(number + 1)}, per_step_{tokens_of_step(scheduler)}, slots_(static_cast<std::size_t>(scheduler.slots)),
      crossing_(static_cast<std::size_t>(scheduler.block)), blocks_{static_cast<std::int64_t>(std::min(1e15, std::floor((role == ReplicaRole::reads ? scheduler.prefill_kv_tokens : scheduler.kv_tokens) / scheduler.block)))},
      reserve_{static_cast<std::int64_t>(watermark * static_cast<double>(blocks_))} {
  for (int i = scheduler.slots; i-- > 0;) free_.push_back(i);
  reserves_ = s_.reserves || s_.policy == BatchingPolicy::orca || s_.policy == BatchingPolicy::static_batch;
  if (reserves_ || blocks_ >= static_cast<std::int64_t>(1e14)) reserve_ = 0;
}

void ReplicaEngine::push(std::uint32_t id, double now) {
  ServedRequest& r = books_.requests[id];
  if (role_ != ReplicaRole::reads) r.replica = number_;
  if (blocks_of(static_cast<std::int64_t>(r.prompt) + r.output) > blocks_) {
    ++books_.refused;
    return;
  }
  if (load() == 0) clock_ = std::max(clock_, now);
  books_.in_system += std::max(0.0, clock_ - now);
  waiting_.push_back(id);
}

void ReplicaEngine::advance(double until) {
  while (clock_ < until && iterate()) {
  }
}

bool ReplicaEngine::iterate() {
  if (role_ == ReplicaRole::reads) return iterate_reads();
  if (role_ == ReplicaRole::writes) return iterate_vllm();
  switch (s_.policy) {
    case BatchingPolicy::static_batch: return iterate_static();
    case BatchingPolicy::orca: return iterate_orca();
    case BatchingPolicy::sarathi: return iterate_sarathi();
    case BatchingPolicy::vllm: break;
  }
  return iterate_vllm();
}

int ReplicaEngine::cached_of(ServedRequest const& r) const { return std::min(r.prompt - 1, static_cast<int>(s_.prefix_hits * r.prompt)); }
int ReplicaEngine::to_read(ServedRequest const& r) const { return r.prompt + r.written - cached_of(r); }
std::int64_t ReplicaEngine::held(Slot const& slot) const {
  if (!reserves_) return blocks_of(length(slot));
  auto const& r = books_.requests[slot.request];
  return blocks_of(static_cast<std::int64_t>(r.prompt) + r.output);
}

void ReplicaEngine::take_next() {
  if (again_.empty()) waiting_.pop_front();
  else again_.pop_back();
}

bool ReplicaEngine::iterate_vllm() {
  prompts_.clear();
  int tokens = 0;
  while (any_waiting() && running_ + static_cast<int>(prompts_.size()) < s_.slots) {
    const std::uint32_t id = next_request();
    ServedRequest& r = books_.requests[id];
    const bool handed_over = role_ == ReplicaRole::writes && again_.empty();
    const std::int64_t blocks = blocks_of(static_cast<std::int64_t>(r.prompt) + (reserves_ ? r.output : r.written - (handed_over ? 1 : 0)));
    if (!admits(blocks)) break;
    const int fresh = to_read(r);
    if (!handed_over && !prompts_.empty() && tokens + fresh > s_.token_budget) break;
    take_next();
    used_ += blocks;
    if (handed_over) {
      join(id, r.end);
      continue;
    }
    prompts_.push_back({id, fresh, cached_of(r), true});
    tokens += fresh;
  }
  if (prompts_.empty()) {
    if (running_ == 0) return false;
    make_room();
    run(true);
  } else {
    run(false);
  }
  return true;
}

bool ReplicaEngine::iterate_reads() {
  prompts_.clear();
  int tokens = 0;
  while (!waiting_.empty()) {
    ServedRequest& r = books_.requests[waiting_.front()];
    const int fresh = to_read(r);
    const std::int64_t blocks = blocks_of(r.prompt);
    if (!prompts_.empty() && (tokens + fresh > s_.token_budget || used_ + blocks > blocks_)) break;
    used_ += blocks;
    prompts_.push_back({waiting_.front(), fresh, cached_of(r), true});
    tokens += fresh;
    waiting_.pop_front();
  }
  if (prompts_.empty()) return false;
  run(false);
  return true;
}

bool ReplicaEngine::iterate_orca() {
  prompts_.clear();
  while (!waiting_.empty() && running_ + static_cast<int>(prompts_.size()) < s_.slots) {
    ServedRequest& r = books_.requests[waiting_.front()];
    const std::int64_t blocks = blocks_of(static_cast<std::int64_t>(r.prompt) + r.output);
    if (!admits(blocks)) break;
    used_ += blocks;
    prompts_.push_back({waiting_.front(), to_read(r), cached_of(r), true});
    waiting_.pop_front();
  }
  if (prompts_.empty() && running_ == 0) return false;
  run(running_ > 0);
  return true;
}

bool ReplicaEngine::iterate_sarathi() {
  const bool full = running_ > 0 && make_room();
  prompts_.clear();
  int left = s_.token_budget - running_ * s_.verified;
  const auto read_on = [&](Started& p) {
    const int piece = std::min(left, p.target - p.done);
    if (piece <= 0) return;
    prompts_.push_back({p.request, piece, p.done, p.done + piece == p.target});
    p.done += piece, left -= piece;
  };
  for (auto& p : started_) read_on(p);
  while (!full && left > 0 && any_waiting() && running_ + static_cast<int>(started_.size()) < s_.slots) {
    ServedRequest& r = books_.requests[next_request()];
    const std::int64_t blocks = blocks_of(static_cast<std::int64_t>(r.prompt) + (reserves_ ? r.output : r.written));
    if (!admits(blocks)) break;
    used_ += blocks;
    started_.push_back({next_request(), cached_of(r), r.prompt + r.written});
    take_next();
    read_on(started_.back());
  }
  while (!started_.empty() && started_.front().done == started_.front().target) started_.pop_front();
  if (prompts_.empty() && running_ == 0) return false;
  run(running_ > 0);
  return true;
}

bool ReplicaEngine::iterate_static() {
  if (batch_.empty()) {
    if (waiting_.empty()) return false;
    int longest_prompt = 1, longest_output = 1;
    std::int64_t blocks = 0;
    while (!waiting_.empty() && static_cast<int>(batch_.size()) < s_.slots) {
      auto const& r = books_.requests[waiting_.front()];
      const int prompt = std::max(longest_prompt, r.prompt), output = std::max(longest_output, r.output);
      const std::int64_t padded = blocks_of(static_cast<std::int64_t>(prompt) + output) * static_cast<std::int64_t>(batch_.size() + 1);
      if (!batch_.empty() && padded > blocks_) break;
      longest_prompt = prompt, longest_output = output, blocks = padded;
      batch_.push_back(waiting_.front());
      waiting_.pop_front();
    }
    used_ = blocks;
    running_ = static_cast<int>(batch_.size());
    batch_prompt_ = longest_prompt, batch_output_ = longest_output, step_ = 1;
    const double begin = clock_;
    const int n = running_, cached = std::min(longest_prompt - 1, static_cast<int>(s_.prefix_hits * longest_prompt)), fresh = longest_prompt - cached;
    account(prices_.body(n * fresh) + prices_.head(n) + static_cast<double>(n) * prices_.prompt_attention(fresh, cached));
    std::sort(batch_.begin(), batch_.end(), [&](std::uint32_t a, std::uint32_t b) { return books_.requests[a].output < books_.requests[b].output || (books_.requests[a].output == books_.requests[b].output && a < b); });
    for (auto id : batch_) {
      ServedRequest& r = books_.requests[id];
      r.start = begin;
      r.first = r.end = begin + (clock_ - begin) * s_.pipeline;
      r.written = 1;
      books_.tokens_read += to_read(r) - 1;
    }
    last_step_end_ = clock_;
    batch_done_ = 0;
  } else {
    const Cost cost = prices_.decode(running_, batch_prompt_ + static_cast<double>(written_by(step_ - 1)));
    account(cost);
    ++books_.steps, books_.step_sequences += static_cast<double>(running_ - static_cast<int>(batch_done_));
    ++step_;
    const double alive = static_cast<double>(batch_.size() - batch_done_);
    if (clock_ >= books_.measure_from) books_.itl.add((clock_ - last_step_end_) / per_step_, alive * per_step_);
    last_step_end_ = clock_;
  }
  // Whose answer is complete leaves the count, but its place stays taken until the batch ends.
  while (batch_done_ < batch_.size() && books_.requests[batch_[batch_done_]].output <= 1 + written_by(step_ - 1)) {
    ServedRequest& r = books_.requests[batch_[batch_done_++]];
    if (r.output > 1) r.end = clock_;
    r.written = r.output, books_.tokens_written += r.output;
    ++books_.completed;
  }
  books_.end = std::max(books_.end, clock_);
  if (1 + written_by(step_ - 1) >= batch_output_) batch_.clear(), used_ = 0, running_ = 0, batch_done_ = 0;
  return true;
}

void ReplicaEngine::run(bool decode) {
  const double begin = clock_;
  const int n = decode ? running_ : 0;
  Cost cost = n > 0 ? prices_.decode(n, static_cast<double>(tokens_) / n) : Cost{};
  if (!prompts_.empty()) {
    int fresh = 0, ends = 0;
    for (auto const& p : prompts_) {
      fresh += p.fresh, ends += p.last;
      cost = cost + prices_.prompt_attention(p.fresh, p.cached);
      ServedRequest& r = books_.requests[p.request];
      if (r.start < 0) r.start = begin;
    }
    const int beside = n * s_.verified;
    cost = cost + prices_.body(beside + fresh) + prices_.head(beside + ends);
    if (n > 0) cost = cost + -1.0 * prices_.body(beside) + -1.0 * prices_.head(beside);
  }
  account(cost);
  if (n > 0) decoded();
  for (auto const& p : prompts_)
    if (p.last) prompt_done(p.request, decode ? clock_ : begin + (clock_ - begin) * s_.pipeline);
  prompts_.clear();
}

void ReplicaEngine::account(Cost const& cost) {
  const double length = cost.time, here = static_cast<double>(waiting_.size() + again_.size());
  const double running = static_cast<double>(running_), kv = blocks_ > 0 ? static_cast<double>(used_) / static_cast<double>(blocks_) : 0;
  // Prompts which end in this iteration have left `started_` already.
  double inside = static_cast<double>(running_) + static_cast<double>(started_.size()) - static_cast<double>(batch_done_);
  for (auto const& p : prompts_) inside += p.last;
  const auto bin = std::min(books_.bins.size() - 1, static_cast<std::size_t>(std::max(0.0, clock_ / books_.bin_width)));
  LoadPoint& b = books_.bins[bin];
  b.queue += here * length, b.running += running * length, b.kv += kv * length, b.busy += length;
  books_.in_system += (here + inside) * length;
  books_.kv_time += kv * length, books_.kv_most = std::max(books_.kv_most, kv);
  books_.busy += length, books_.energy += cost.energy;
  ++books_.iterations;
  clock_ += length;
  for (auto id : first_on_the_way_) books_.requests[id].first = clock_;
  for (auto id : last_on_the_way_) books_.requests[id].end = clock_;
  first_on_the_way_.clear(), last_on_the_way_.clear();
}

void ReplicaEngine::decoded() {
  const double end = clock_;
  const bool measured = end >= books_.measure_from;
  const int n = running_, old = n - static_cast<int>(fresh_.size());
  ++books_.steps, books_.step_sequences += n;
  if (measured) {
    const double step = end - last_step_end_;
    // Tokens of a step come together; each counts with its share of the step.
    if (old > 0) books_.itl.add(step / per_step_, old * per_step_);
    for (auto slot : fresh_) books_.itl.add(std::max(end - slots_[static_cast<std::size_t>(slot)].last, 0.0) / per_step_, per_step_);
  }
  fresh_.clear();
  last_step_end_ = end;
  if (!reserves_) used_ += blocks_of_next_step();
  tokens_ += n * (written_by(step_ + 1) - written_by(step_));
  ++step_;
  while (!ends_.empty() && ends_.top().step <= step_) {
    const End e = ends_.top();
    ends_.pop();
    if (slots_[static_cast<std::size_t>(e.slot)].life != e.life) continue;
    ServedRequest& r = books_.requests[slots_[static_cast<std::size_t>(e.slot)].request];
    books_.tokens_written += r.output - r.written;
    r.written = r.output;
    r.end = end;
    if (s_.late) last_on_the_way_.push_back(slots_[static_cast<std::size_t>(e.slot)].request);
    ++books_.completed;
    leave(e.slot);
  }
  books_.end = std::max(books_.end, end);
}

void ReplicaEngine::prompt_done(std::uint32_t request, double end) {
  ServedRequest& r = books_.requests[request];
  const int read = to_read(r);
  if (r.written == 0) {
    r.first = end;
    if (s_.late) first_on_the_way_.push_back(request);
    books_.tokens_read += read;
  } else {
    books_.recomputed += read;
    if (end >= books_.measure_from) books_.itl.add(end - r.end, 1);
  }
  ++r.written, ++books_.tokens_written;
  r.end = end;
  books_.end = std::max(books_.end, end);
  const bool complete = r.written == r.output;
  if (complete && s_.late) last_on_the_way_.push_back(request);
  books_.completed += complete;
  if (role_ == ReplicaRole::reads) used_ -= blocks_of(r.prompt);
  else if (complete) used_ -= reserves_ ? blocks_of(static_cast<std::int64_t>(r.prompt) + r.output) : blocks_of(static_cast<std::int64_t>(r.prompt) + r.written - 1);
  else join(request, end);
}

void ReplicaEngine::join(std::uint32_t request, double last) {
  assert(!free_.empty());
  const std::int32_t at = free_.back();
  free_.pop_back();
  Slot& s = slots_[static_cast<std::size_t>(at)];
  auto const& r = books_.requests[request];
  s.request = request, s.joined = step_, s.finish = step_ + steps_for(r.output - r.written), s.length = static_cast<std::int64_t>(r.prompt) + r.written - 1, s.last = last;
  s.before = youngest_, s.after = -1;
  (youngest_ < 0 ? oldest_ : slots_[static_cast<std::size_t>(youngest_)].after) = at;
  youngest_ = at;
  ++running_;
  tokens_ += s.length;
  ends_.push({s.finish, at, s.life});
  fresh_.push_back(at);
  ++crossing_[residue(s)];
}

std::size_t ReplicaEngine::residue(Slot const& s) const {
  const std::int64_t r = (written_by(s.joined) - s.length) % s_.block;
  return static_cast<std::size_t>(r < 0 ? r + s_.block : r);
}

std::int64_t ReplicaEngine::blocks_of_next_step() const {
  std::int64_t blocks = 0;
  for (std::int64_t t = written_by(step_); t < written_by(step_ + 1); ++t) blocks += crossing_[static_cast<std::size_t>(t % s_.block)];
  return blocks;
}

std::int64_t ReplicaEngine::steps_for(int tokens) {
  if (s_.verified == 1) return tokens;
  std::int64_t steps = 0;
  for (; tokens > 0; ++steps) {
    // Guess after guess is right with the same probability, until one is not.
    const double u = random_();
    double chance = s_.acceptance;
    --tokens;
    for (int guess = 1; guess < s_.verified && u < chance; ++guess, chance *= s_.acceptance) --tokens;
  }
  return steps;
}

void ReplicaEngine::leave(std::int32_t at) {
  Slot& s = slots_[static_cast<std::size_t>(at)];
  used_ -= held(s);
  tokens_ -= length(s);
  --crossing_[residue(s)];
  (s.before < 0 ? oldest_ : slots_[static_cast<std::size_t>(s.before)].after) = s.after;
  (s.after < 0 ? youngest_ : slots_[static_cast<std::size_t>(s.after)].before) = s.before;
  ++s.life;
  --running_;
  free_.push_back(at);
}

/// The youngest sequences give their blocks back until the others can take a step. \return whether any had to
bool ReplicaEngine::make_room() {
  bool any = false;
  while (!reserves_ && running_ > 0 && used_ + blocks_of_next_step() > blocks_) {
    any = true;
    const std::int32_t at = youngest_;
    Slot const& s = slots_[static_cast<std::size_t>(at)];
    ServedRequest& r = books_.requests[s.request];
    const int wrote = static_cast<int>(std::min<std::int64_t>(length(s) - s.length, r.output - r.written - 1));
    r.written += wrote, books_.tokens_written += wrote;
    const auto young = std::find(fresh_.begin(), fresh_.end(), at);
    r.end = young != fresh_.end() ? s.last : last_step_end_;
    if (young != fresh_.end()) fresh_.erase(young);
    ++r.preemptions, ++books_.preemptions;
    again_.push_back(s.request);
    leave(at);
  }
  return any;
}

}  // namespace mlsysim::solvers
