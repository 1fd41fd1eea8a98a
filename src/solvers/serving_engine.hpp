#pragma once
// One replica of a service: its scheduler, its cache and its clock.
#include <deque>
#include <queue>
#include <vector>

#include "mlsysim/solvers/random.hpp"
#include "mlsysim/solvers/serving_simulation.hpp"

namespace mlsysim::solvers {

/// Weighted counts of times on a scale of equal ratios: quantiles to within 0.4 %.
class TimeHistogram {
 public:
  void add(double time, double weight);
  double quantile(double q) const;
  double mean() const { return weight_ > 0 ? sum_ / weight_ : 0; }
  double most() const { return most_; }
  double weight() const { return weight_; }

 private:
  std::vector<double> counts_;
  double weight_ = 0, sum_ = 0, most_ = 0;
};

/// What all replicas of a run write into.
struct Books {
  std::vector<ServedRequest> requests;
  double measure_from = 0;  ///< tokens before it are not counted in `itl`
  TimeHistogram itl;
  std::vector<LoadPoint> bins;
  double bin_width = 1;
  double end = 0, busy = 0, energy = 0, kv_time = 0, kv_most = 0;
  double in_system = 0;  ///< requests which wait or run, times the time for which they do
  double step_sequences = 0;
  long long steps = 0, iterations = 0, completed = 0, refused = 0, preemptions = 0, recomputed = 0, tokens_read = 0, tokens_written = 0;
};

/// What an engine is there for.
enum class ReplicaRole : std::uint8_t { both, reads, writes };

class ReplicaEngine {
 public:
  ReplicaEngine(SchedulerInput const& scheduler, ReplicaRole role, int number, IterationPrices& prices, Books& books);

  /// A request reaches this replica. \pre `now` is not before any earlier one, and `advance(now)` was called
  void push(std::uint32_t id, double now);
  /// Runs every iteration which begins before `until`.
  void advance(double until);
  /// Requests which wait or run.
  std::size_t load() const { return waiting_.size() + again_.size() + static_cast<std::size_t>(running_) + started_.size(); }
  double clock() const { return clock_; }

 private:
  struct Slot {
    std::uint32_t request = 0;
    std::int64_t joined = 0;   ///< step at which it began to decode
    std::int64_t finish = 0;   ///< step after which it has all its tokens
    std::int64_t length = 0;   ///< tokens in the cache when it joined
    std::int32_t before = -1, after = -1;  ///< neighbours in order of admission
    double last = 0;           ///< time of its last token before it joined
    std::uint32_t life = 0;    ///< counts reuses, so that stale entries of `ends_` are known
  };
  struct End {
    std::int64_t step;
    std::int32_t slot;
    std::uint32_t life;
    bool operator>(End const& o) const { return step > o.step; }
  };
  /// A prompt which is read piece by piece.
  struct Started {
    std::uint32_t request;
    int done, target;
  };
  struct Prompt {
    std::uint32_t request;
    int fresh, cached;
    bool last;  ///< it ends in this iteration
  };

  bool iterate();
  bool iterate_static();
  bool iterate_orca();
  bool iterate_vllm();
  bool iterate_sarathi();
  bool iterate_reads();
  /// One iteration: `prompts_` and, with `decode`, a token for each running sequence.
  void run(bool decode);
  void decoded();
  void prompt_done(std::uint32_t request, double end);
  void join(std::uint32_t request, double last);
  void leave(std::int32_t slot);
  bool make_room();
  void account(Cost const& cost);

  std::uint32_t next_request() const { return again_.empty() ? waiting_.front() : again_.back(); }
  bool any_waiting() const { return !again_.empty() || !waiting_.empty(); }
  void take_next();
  std::int64_t blocks_of(std::int64_t tokens) const { return (tokens + s_.block - 1) / s_.block; }
  std::int64_t held(Slot const& slot) const;
  /// Tokens which a sequence has written after so many steps, by expectation where guesses are verified.
  std::int64_t written_by(std::int64_t step) const { return s_.verified == 1 ? step : static_cast<std::int64_t>(static_cast<double>(step) * per_step_); }
  std::int64_t length(Slot const& slot) const { return slot.length + written_by(step_) - written_by(slot.joined); }
  /// Steps until so many tokens are written.
  std::int64_t steps_for(int tokens);
  std::int64_t blocks_of_next_step() const;
  std::size_t residue(Slot const& slot) const;
  int cached_of(ServedRequest const& r) const;
  int to_read(ServedRequest const& r) const;
  bool admits(std::int64_t blocks) const { return used_ + blocks <= blocks_ - (running_ > 0 || !started_.empty() ? reserve_ : 0); }

  SchedulerInput const& s_;
  ReplicaRole role_;
  int number_;
  IterationPrices& prices_;
  Books& books_;
  Uniform random_;
  double per_step_;  ///< expected tokens of a sequence in a decode step

  double clock_ = 0;
  std::deque<std::uint32_t> waiting_;
  std::vector<std::uint32_t> again_;  ///< preempted; the last is the first to go on
  std::deque<Started> started_;
  std::vector<Prompt> prompts_;
  std::vector<Slot> slots_;
  std::vector<std::int32_t> free_;
  std::int32_t oldest_ = -1, youngest_ = -1;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
  std::vector<std::int32_t> fresh_;   ///< slots which joined after the last decode step
  std::vector<std::int64_t> crossing_;///< sequences which need a block when so many tokens are written since the first step, modulo a block
  std::int64_t step_ = 0, tokens_ = 0, used_ = 0, blocks_ = 0, reserve_ = 0;
  int running_ = 0;
  double last_step_end_ = 0;
  std::vector<std::uint32_t> first_on_the_way_, last_on_the_way_;  ///< requests whose first or last token reaches its reader when the next iteration ends
  // Static batches.
  std::vector<std::uint32_t> batch_;
  std::size_t batch_done_ = 0;
  int batch_prompt_ = 0, batch_output_ = 0;
  bool reserves_ = false;  ///< cache for the whole answer is set aside at admission
};

}  // namespace mlsysim::solvers
