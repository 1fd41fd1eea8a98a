#pragma once
/// \file
/// One device, one pass: a roofline per operator (Williams 2009), summed over operators.
#include <memory>
#include <vector>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/solvers/efficiency.hpp"

namespace mlsysim::solvers {

/// What an operator's time is bound by: a roof, or the launch of its kernels (`dispatch`). A whole pass may wait for its host (`dispatch`)
/// or for weights which come over a link (`streaming`).
enum class Bound : std::uint8_t { compute, memory, dispatch, streaming };
std::string_view name(Bound);

/// An operator with its price; times are for all its repeats.
struct PricedOperator {
  workload::Operator const* op = nullptr;  ///< points into the pass which was priced
  Sourced<Time> time;                      ///< max(compute, memory) + dispatch
  Sourced<Time> compute_time;              ///< work / (peak * efficiency)
  Sourced<Time> memory_time;               ///< of the slower of main memory and last cache: bytes / (bandwidth * efficiency)
  bool cached = false;                     ///< the last cache, not main memory, decides `memory_time`
  Sourced<Time> dispatch_time;             ///< launching its kernels
  Bound bound = Bound::compute;            ///< the largest of the three times
  /// 90 % interval of `time`, of this operator alone; none where its class has no residuals, or where none was asked for.
  std::optional<Interval> interval;
};

/// How passes of training multiply the forward work: backward is twice forward, recomputation repeats it.
struct PassFactors {
  Real work;      ///< times the forward work; 1 inference, 3 training, 4 training with full recomputation
  Real bytes;     ///< times the forward bytes
  Real launches;  ///< times the forward launches
  bool kept = false;                    ///< activations wait for a backward pass: none is read back from a cache
  std::optional<Real> attention{};      ///< times the forward work of fused attention, where that differs from `work`
  std::optional<Real> frozen{};         ///< times work, bytes and launches of products with weights which are not trained
};

/// A pass with its price.
struct PassPrice {
  Sourced<Time> time;                     ///< sum over operators, or what the host needs to start them if that is more
  Sourced<Work> work;                     ///< executed, all repeats and factors
  Sourced<Work> matrix_work;              ///< of it, what matrix units execute
  Sourced<Work> vector_work;              ///< of it, what vector units execute
  Sourced<Work> model_work;               ///< by the convention of MFU: products, full attention matrix, no recomputation
  Sourced<Data> bytes;                    ///< which operators read and write
  Sourced<Data> main_bytes;               ///< of these, what the last cache does not hold: moved to and from main memory
  std::vector<PricedOperator> operators;  ///< in execution order
  Bound bound = Bound::compute;           ///< where most time goes
  Bound next_bound = Bound::memory;       ///< what binds once that is removed
  bool waits = false;                     ///< the device waits for its host or a link: `bound` holds for the pass, not for its operators
};

/// Peak which an operator runs on: dense matrix peak of its precision; vector peak for the others; the nearest wider precision
/// the device has where its own is missing (listed as an assumption). \throws std::invalid_argument if the device has no peak at all.
Sourced<ComputeRate> peak_for(hardware::Device const& device, workload::Precision precision, bool matrix, Ledger& ledger);

/// A 3 x 3 convolution by Winograd's minimal filtering: what one execution multiplies and moves.
struct FilteredConvolution {
  Sourced<Work> work;         ///< of the products
  Sourced<Time> compute;      ///< of the products
  Sourced<Data> products;     ///< which they read and write
  Sourced<Data> transforms;   ///< which the transforms before and after them read and write
};
/// The minimal filtering which libraries have for 3 x 3 convolutions with stride 1 on vector units, in fp32; none for other operators and where tiles
/// are not priced.
std::optional<FilteredConvolution> filtered(workload::Operator const& op, Sourced<ComputeRate> peak, hardware::Device const& device, Efficiency const& e, Ledger& ledger);

/// Prices a pass. Allocates only the result.
PassPrice price(workload::Pass const& pass, hardware::Device const& device, EfficiencyModel const& efficiency, PassFactors const& factors,
                Ledger& ledger);

/// One pass on one device.
struct PerformanceInput {
  workload::Model const* model = nullptr;          ///< what runs
  hardware::Device const* device = nullptr;        ///< where it runs
  EfficiencyModel const* efficiency = nullptr;     ///< prices its operators
  workload::PassShape shape;                       ///< batch, tokens, formats
  PassFactors factors{{1, {}}, {1, {}}, {1, {}}};  ///< 1 for inference
  bool interval = true;  ///< also evaluate both ends of the efficiencies' intervals
  std::optional<Sourced<Data>> streamed{};  ///< weights which come over the device's link while it computes
  workload::Derived* derived = nullptr;     ///< what is known of the model from evaluations before; null: nothing
};

/// Time, utilisation and energy of one pass.
struct PerformanceResult {
  PassPrice pass;                                        ///< its operators with their prices
  std::shared_ptr<workload::Pass const> operators;       ///< what `pass.operators` points into
  Sourced<Time> latency;                                 ///< of the pass
  std::optional<Sourced<Time>> streaming;                ///< what the link needs for streamed weights; the latency is no less
  std::optional<Sourced<SampleRate>> sample_throughput;  ///< models without tokens
  std::optional<Sourced<TokenRate>> token_throughput;    ///< language models
  Sourced<Intensity> intensity;                          ///< work / bytes of the whole pass
  Sourced<ComputeRate> peak;                             ///< dense, at the precision of the products
  std::optional<Sourced<Bandwidth>> bandwidth;           ///< nominal, of main memory
  Sourced<Intensity> ridge;                              ///< peak / bandwidth of the device, nominal
  Real mfu;                                              ///< model FLOP / (time * dense peak); full attention matrix counted
  Real compute_utilisation;                              ///< executed FLOP / (time * dense peak)
  Real mbu;                                              ///< bytes of main memory which must move / (time * nominal bandwidth)
  Sourced<Power> power;                                  ///< mean, between idle and TDP
  Sourced<Energy> energy;                                ///< of the pass on this device
  Confidence confidence = Confidence::theoretical;       ///< the weakest among the operators
  Interval latency_interval;                             ///< by pricing again with both ends of the efficiency intervals
  bool efficiency_given = false;                         ///< the scenario put its own efficiency in place of the prediction
};

/// Lowers the model to operators, prices them and adds up. \throws std::invalid_argument if the model has no architecture or the device no peak or memory
PerformanceResult solve(PerformanceInput const& in, Ledger& ledger);
Section report(PerformanceResult const& r);

}  // namespace mlsysim::solvers
