#include "mlsysim/solvers/performance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "mlsysim/equations/memory.hpp"
#include "mlsysim/equations/power.hpp"
#include "mlsysim/equations/roofline.hpp"
#include "mlsysim/equations/tiling.hpp"
#include "mlsysim/equations/transformer.hpp"

namespace mlsysim::solvers {
namespace {

using workload::Precision;

/// Formats which can stand in for another, in order: the next wider one with a peak of its own.
std::span<const Precision> stand_ins(Precision p) {
  using P = Precision;
  static constexpr P fp4[]{P::fp4, P::fp6, P::fp8, P::bf16, P::fp16, P::fp32}, fp6[]{P::fp6, P::fp8, P::bf16, P::fp16, P::fp32}, fp8[]{P::fp8, P::bf16, P::fp16, P::fp32},
      bf16[]{P::bf16, P::fp16, P::tf32, P::fp32}, fp16[]{P::fp16, P::bf16, P::tf32, P::fp32}, tf32[]{P::tf32, P::fp32}, fp32[]{P::fp32}, fp64[]{P::fp64},
      int4[]{P::int4, P::int8, P::int16, P::fp16, P::bf16, P::fp32}, int8[]{P::int8, P::int16, P::fp16, P::bf16, P::fp32}, int16[]{P::int16, P::fp16, P::bf16, P::fp32};
  switch (p) {
    case P::fp4: return fp4;
    case P::fp6: return fp6;
    case P::fp8: return fp8;
    case P::bf16: return bf16;
    case P::fp16: return fp16;
    case P::tf32: return tf32;
    case P::fp64: return fp64;
    case P::int4: return int4;
    case P::int8: return int8;
    case P::int16: return int16;
    default: return fp32;
  }
}

std::optional<Sourced<ComputeRate>> first_of(EnumMap<Precision, Sourced<ComputeRate>> const& peaks, Precision wanted, Precision& found) {
  for (Precision p : stand_ins(wanted)) {
    if (!peaks[p]) continue;
    found = p;
    return peaks[p];
  }
  return {};
}

/// Behind `peak_for`.
template <AnyLedger L>
Sourced<ComputeRate> peak_of(hardware::Device const& device, Precision precision, bool matrix, L& ledger) {
  Precision found = precision;
  std::optional<Sourced<ComputeRate>> peak;
  if (!matrix) peak = first_of(device.vector_peak, precision, found);
  if (!peak) peak = first_of(device.peak, precision, found);
  if (!peak) throw std::invalid_argument(fmt::format("'{}' states no peak for {} or any wider format", device.id.empty() ? device.name : device.id, workload::name(precision)));
  if (found != precision && ledger.recording)
    (void)assumed(ledger, fmt::format("precision.{}", matrix ? "matrix" : "vector"), peak->value, fmt::format("{} states no {} rate for {}; {} is used", device.name, matrix ? "matrix" : "vector", workload::name(precision), workload::name(found)));
  return *peak;
}

/// Whether products of this format run on vector units for want of others: the data sheet states no higher rate for them.
bool products_by_vector(hardware::Device const& device, Precision precision) {
  if (precision != Precision::fp32 && precision != Precision::fp64) return false;
  auto const &peak = device.peak[precision], &vector = device.vector_peak[precision];
  return device.kind == hardware::DeviceKind::gpu && !(peak && vector && peak->value > vector->value);
}

/// What a pass draws, from the energies of its operations and of its traffic; none for devices whose energies were not measured.
std::optional<Sourced<Power>> drawn(PerformanceResult const& r, hardware::Device const& device, Sourced<Power> const& idle, Ledger& ledger) {
  auto const memory = device.memory.main();
  const bool stacked = memory.name == "hbm";
  if (device.kind != hardware::DeviceKind::gpu || (!stacked && memory.name != "gddr") || r.latency.value <= Time{}) return {};
  const auto byte = stacked ? assumed(ledger, "power.hbm", 131 * unit<"pJ/B">, "of an A100 which streams 1372 GB/s and draws 230 W, 50 W at rest (gpu-benches, gpu-roofline, 0.25 FLOP/B)")
                            : assumed(ledger, "power.gddr", 259 * unit<"pJ/B">, "of an A40 which streams 679 GB/s and draws 207 W, 31 W at rest (gpu-benches, gpu-roofline, 0.25 FLOP/B)");
  const auto vector = assumed(ledger, "power.vector_operation", 5.9 * unit<"pJ/FLOP">, "single precision on an A40 and an A100, with instructions and registers: 6.1 and 5.6 pJ/FLOP over what their traffic draws (gpu-benches, gpu-roofline)");
  const auto matrix = eq::unit_energy.with(ledger, *device.power.tdp, idle, r.peak);
  const auto spent = sum<Energy>(ledger, "products, other operations and traffic", {eq::operation_energy.with(ledger, matrix, r.pass.matrix_work), eq::operation_energy.with(ledger, vector, r.pass.vector_work), eq::traffic_energy.with(ledger, byte, r.pass.main_bytes)});
  return eq::drawn_power.with(ledger, idle, *device.power.tdp, spent, r.latency);
}

/// Part of a result which one unit computes at a time.
struct Tile {
  double m, n;
};
// The tiles which cuBLAS and CUTLASS choose from (NVIDIA, Matrix Multiplication Background User's Guide), and the 32 and 16 wide ones of
// CUTLASS for skinny products. Largest first: of two which take equally long the larger reads less.
constexpr Tile product_tiles[] = {{256, 128}, {128, 256}, {128, 128}, {256, 64}, {64, 256}, {128, 64}, {64, 128}, {64, 64}, {128, 32}, {32, 128}, {64, 32}, {32, 64}, {128, 16}, {16, 128}, {64, 16}, {16, 64}};
// Of cuDNN's implicit products in fp32 (kernels scudnn_128x128, 128x64 and 128x32: positions x channels), and of its products between Winograd's transforms.
constexpr Tile vector_convolution_tiles[] = {{128, 128}, {128, 64}, {128, 32}};
constexpr Tile winograd_tiles[] = {{128, 128}};
// FlashAttention cuts queries only (Dao 2023, FlashAttention-2, section 3.2); kernels with narrow weights have tiles as high.
constexpr double query_tiles[] = {128, 64};
// Depth below which libraries do not cut a tile further for the sake of idle units.
constexpr double least_depth = 256;

struct Cut {
  Tile tile{1, 1};
  double splits = 1;
  double share = 1;  ///< of the ceiling: the product of the three
  double tiles = 1, waves = 1, depth = 1;
};

/// `batch` products of m x n x k.
struct Product {
  double batch, m, n, k;
  bool grouped = false;  ///< each has rows of its own number, `m` in the mean
  bool operator==(Product const&) const = default;
};

double tiles_of(Product const& p, Tile t) { return p.grouped ? eq::grouped_tiles(p.batch, p.m, p.n, t.m, t.n) : eq::tiles(p.batch, p.m, p.n, t.m, t.n); }

/// How a library cuts a product with the tiles which it has: the way which finishes first.
Cut cut(Product const& p, std::span<const Tile> with, bool splits_depth, double units, double ramp) {
  Cut best;
  best.share = 0;
  const auto consider = [&](Tile t, double splits) {
    const double n = tiles_of(p, t);
    const double tiles = eq::tile_share(p.batch, p.m, p.n, n, t.m, t.n), waves = eq::wave_share(n, splits, units), depth = eq::depth_ramp(p.k, splits, ramp);
    if (const double s = tiles * waves * depth; s > best.share * (1 + 1e-9)) best = {t, splits, s, tiles, waves, depth};
  };
  for (Tile t : with) {
    consider(t, 1);
    if (!splits_depth) continue;
    const double n = tiles_of(p, t);
    for (double splits = 2; n * splits <= 2 * units && p.k / splits >= least_depth; splits *= 2) consider(t, splits);
  }
  return best;
}

/// The same, remembered: sweeps and the layers of a model ask for few different products again and again, and the search among tiles is
/// most of the price of an operator. Each thread remembers its own, so that nothing is shared; the answer depends on the arguments alone.
Cut const& known_cut(Product const& p, std::span<const Tile> with, bool splits_depth, double units, double ramp) {
  struct Known {
    Product product{-1, 0, 0, 0, false};
    Tile const* with = nullptr;
    bool splits_depth = false;
    double units = 0, ramp = 0;
    Cut cut;
  };
  constexpr std::size_t places = 1024;
  static thread_local std::array<Known, places> known;
  std::size_t place = 0;
  for (double v : {p.batch, p.m, p.n, p.k, units}) place = place * 31 + static_cast<std::size_t>(std::clamp(v, 0.0, 1e15));
  Known& e = known[(place ^ place >> 10) % places];
  if (e.product != p || e.with != with.data() || e.splits_depth != splits_depth || e.units != units || e.ramp != ramp) e = {p, with.data(), splits_depth, units, ramp, cut(p, with, splits_depth, units, ramp)};
  return e.cut;
}

/// Share of the peak which a product reaches.
template <AnyLedger L>
Real reached(Product const& p, std::span<const Tile> with, bool splits_depth, Real units, Efficiency const& e, L& ledger) {
  Cut const& c = known_cut(p, with, splits_depth, units.value, e.depth_ramp.value);
  // In the order of the equation, so that an evaluation which records gives the same bits.
  if (!ledger.recording) return {eq::shape_efficiency(e.compute.value, c.tiles, c.waves, c.depth), {}};
  const Real b{p.batch, {}}, m{p.m, {}}, n{p.n, {}}, k{p.k, {}}, tm{c.tile.m, {}}, tn{c.tile.n, {}}, s{c.splits, {}};
  const auto tiles = p.grouped ? eq::grouped_tiles.with(ledger, b, m, n, tm, tn) : eq::tiles.with(ledger, b, m, n, tm, tn);
  return eq::shape_efficiency.with(ledger, e.compute, eq::tile_share.with(ledger, b, m, n, tiles, tm, tn), eq::wave_share.with(ledger, tiles, s, units), eq::depth_ramp.with(ledger, k, s, e.depth_ramp));
}

/// Share of the peak which an operator reaches on `device`.
template <AnyLedger L>
Real reached(workload::Operator const& op, Real units, Efficiency const& e, L& ledger) {
  const Product p{op.batch, op.m, op.n, op.k, op.kind == workload::OperatorKind::grouped_gemm};
  // A kernel for all experts has tiles enough without cutting the depth.
  if (p.grouped) return reached(p, product_tiles, false, units, e, ledger);
  if (op.kind != workload::OperatorKind::convolution) return reached(p, product_tiles, true, units, e, ledger);
  // cuDNN's kernels leave the depth whole.
  const bool vector = op.compute == Precision::fp32;
  return reached(p, vector ? std::span<const Tile>(vector_convolution_tiles) : std::span<const Tile>(product_tiles), false, units, e, ledger);
}

/// Time of fused attention once: products in tiles of queries, and the exponentials between them.
template <AnyLedger L>
Sourced<Time> attention_time(workload::Operator const& op, Sourced<ComputeRate> peak, hardware::Device const& device, Efficiency const& e, L& ledger) {
  const Real units = *device.compute->units, m{op.m, {}}, n{op.n, {}}, heads{op.batch, {}};
  const double pairs = op.k > 0 ? op.work.value.raw() / (4 * op.k * op.batch) : 0;  // of one head
  const bool causal = op.work.value < 0.999 * op.model_work.value;
  double rows = query_tiles[0], best = 0;
  for (double t : query_tiles) {
    const double tiles = eq::tiles(op.batch, op.m, op.n, t, op.n);
    const double share = eq::tile_share(op.batch, op.m, op.n, tiles, t, op.n) * eq::wave_share(tiles, 1, units.value) * (causal ? eq::causal_share(pairs, op.m, t) : 1);
    if (share > best) best = share, rows = t;
  }
  const Real t{rows, {}}, p{pairs, {}}, one{1, {}};
  const auto tiles = eq::tiles.with(ledger, heads, m, n, t, n);
  const auto share = eq::shape_efficiency.with(ledger, e.compute, eq::tile_share.with(ledger, heads, m, n, tiles, t, n), eq::wave_share.with(ledger, tiles, one, units), causal ? eq::causal_share.with(ledger, p, m, t) : one);
  const auto products = eq::compute_time.with(ledger, op.work, peak, share);
  if (!device.compute->clock || e.whole) return products;
  const auto exponentials = eq::exponential_time.with(ledger, Real{pairs * op.batch, {}}, units, *device.compute->clock);
  return sum<Time>(ledger, "products and exponentials", {products, exponentials});
}

template <AnyLedger L>
Sourced<Time> products_once(workload::Operator const& op, Sourced<ComputeRate> peak, hardware::Device const& device, Efficiency const& e, L& ledger) {
  if (!e.tiled || !op.matrix) return eq::compute_time.with(ledger, op.work, peak, e.compute);
  if (op.kind == workload::OperatorKind::attention) return attention_time(op, peak, device, e, ledger);
  return eq::compute_time.with(ledger, op.work, peak, reached(op, *device.compute->units, e, ledger));
}

/// Time which the units need for the operator once: vector units turn narrow weights back before matrix units can multiply them.
template <AnyLedger L>
Sourced<Time> compute_once(workload::Operator const& op, Sourced<ComputeRate> peak, hardware::Device const& device, Efficiency const& e, L& ledger) {
  const auto products = products_once(op, peak, device, e, ledger);
  if (op.dequantized.value <= 0) return products;
  const Real rows{std::ceil(op.m / query_tiles[0]), {}}, all{1, {}};
  const auto work = eq::dequantization_work.with(ledger, op.dequantized, rows);
  const auto conversion = eq::compute_time.with(ledger, work, peak_of(device, op.compute, false, ledger), all);
  return sum<Time>(ledger, "products and dequantization", {products, conversion});
}

/// Behind `filtered`.
template <AnyLedger L>
std::optional<FilteredConvolution> filtered_in(workload::Operator const& op, Sourced<ComputeRate> peak, hardware::Device const& device, Efficiency const& e, L& ledger) {
  if (op.blocks <= 0 || op.kind != workload::OperatorKind::convolution || op.compute != Precision::fp32 || !e.tiled) return {};
  const Real blocks{op.blocks, {}}, in{op.k / 9, {}}, out{op.n, {}};
  FilteredConvolution f;
  f.work = eq::winograd_work.with(ledger, blocks, in, out);
  f.compute = eq::compute_time.with(ledger, f.work, peak, reached(Product{36, blocks.value, out.value, in.value, false}, winograd_tiles, false, *device.compute->units, e, ledger));
  f.products = eq::winograd_data.with(ledger, blocks, in, out, Sourced<Data>{workload::size_of(op.compute), {}});
  f.transforms = eq::transform_data.with(ledger, eq::operator_data.with(ledger, op.weights, op.input, op.output, op.cache_read, op.cache_write), f.products);
  return f;
}

/// The last cache of a device, and what a pass finds in it when it starts.
class Cache {
 public:
  Cache(workload::Pass const& pass, hardware::Device const& device, PassFactors const& factors) {
    if (auto const level = device.memory.cache().level; level && !factors.kept) level_ = level, capacity_ = level->capacity().value;
    if (!level_) return;
    Data all{};
    for (auto const& op : pass) all += op.bytes() * op.repeat.value;
    // An operator priced alone stands for a pass around it, which would have swept its weights from the cache.
    whole_pass_ = all <= capacity_ && pass.size() > 1;
  }
  /// What one execution finds in the cache. Activations come from the operator before; weights and cached keys were last used one pass ago.
  template <AnyLedger L>
  Sourced<Data> hits(workload::Operator const& op, L& ledger) const {
    if (op.bytes() > capacity_) return {Data{}, level_->marketed.origin};
    if (whole_pass_) return eq::operator_data.with(ledger, op.weights, op.input, op.output, op.cache_read, op.cache_write);
    const Sourced<Data> none{Data{}, level_->marketed.origin};
    return eq::operator_data.with(ledger, none, op.input, op.output, none, none);
  }
  template <AnyLedger L>
  Sourced<Time> time(Sourced<Data> const& bytes, Real share, L& ledger) const { return eq::cache_time.with(ledger, bytes, *level_->bandwidth, share); }
  explicit operator bool() const { return level_; }
  Data capacity() const { return capacity_; }

 private:
  hardware::MemoryLevel const* level_ = nullptr;
  Data capacity_{};
  bool whole_pass_ = false;
};

/// A sum as it grows: its parts are kept only for a ledger which records them.
template <class T, AnyLedger L>
class Parts {
 public:
  explicit Parts(L& ledger) : ledger_{ledger} {}
  void add(Sourced<T> const& part, [[maybe_unused]] std::string_view name) {
    total_ = total_ + part.value;
    if constexpr (std::same_as<L, Ledger>)
      if (ledger_.recording) [[unlikely]] parts_.push_back(part), ledger_.name(part.origin, name);
  }
  Sourced<T> total(char const* label) { return ledger_.recording ? sum<T>(ledger_, label, parts_) : Sourced<T>{total_, {}}; }

 private:
  L& ledger_;
  T total_{};
  std::vector<Sourced<T>> parts_;
};

void weigh(std::array<Time, 3>& shares, PricedOperator const& o) { shares[static_cast<std::size_t>(o.bound)] += o.time.value; }

/// Lets the pass wait for a host which starts operators more slowly than the device finishes them. \return whether it does
template <AnyLedger L>
bool host_waited_for(PassPrice& pass, workload::Pass const& operators, EfficiencyModel const& efficiency, PassFactors const& factors, L& ledger) {
  if (efficiency.host_dispatch().value <= Time{}) return false;
  double n = 0;
  for (auto const& op : operators) n += op.repeat.value * factors.launches.value;
  const auto host = eq::host_time.with(ledger, assumed(ledger, "dispatch.operators", n, "operators of the pass, each started once"), efficiency.host_dispatch());
  const bool waits = host.value > pass.time.value;
  pass.time = eq::host_bound.with(ledger, pass.time, host);
  return waits;
}

/// Takes a pass to the end of its interval at which `efficiency` is. The bound stays what it is.
void stretch(PassPrice& pass, EfficiencyModel const& efficiency) {
  std::vector<OperatorShare> shares;
  shares.reserve(pass.operators.size());
  for (auto const& p : pass.operators) shares.push_back({p.op, p.time.value.raw()});
  const double factor = efficiency.stretch(shares);
  pass.time.value *= factor;
  for (auto& p : pass.operators) p.time.value *= factor, p.compute_time.value *= factor, p.memory_time.value *= factor, p.dispatch_time.value *= factor;
}

/// Behind `price`.
template <AnyLedger L>
PassPrice price_in(workload::Pass const& pass, hardware::Device const& device, EfficiencyModel const& efficiency, PassFactors const& factors, L& ledger) {
  const auto memory = device.memory.main();
  if (!memory.level) throw std::invalid_argument(fmt::format("'{}' states no memory to compute from", device.id.empty() ? device.name : device.id));
  // Without a bandwidth of its own (microcontrollers) the memory keeps up with the core: only compute and launch are priced.
  auto const& bandwidth = memory.level->bandwidth;
  if (!bandwidth && ledger.recording) (void)assumed(ledger, "memory.bandwidth", 0.0, fmt::format("{} states no {} bandwidth: moving data is not priced", device.name, memory.name));

  PassPrice out;
  out.operators.reserve(pass.size());
  Parts<Time, L> times(ledger);
  Parts<Work, L> works(ledger), model_works(ledger), of_matrix(ledger), of_vector(ledger);
  Parts<Data, L> moved(ledger), from_memory(ledger);
  // What recomputation repeats is executed, but the model needs it once.
  const Cache cache(pass, device, factors);
  const Real model_factor{std::min(factors.work.value, 3.0), factors.work.origin};
  std::array<Sourced<ComputeRate>, 2> peaks;
  std::array<bool, 2> known{};
  Precision precision = Precision::bf16;
  bool by_vector = products_by_vector(device, precision);
  for (auto const& op : pass) {
    if (op.compute != precision) known = {}, precision = op.compute, by_vector = products_by_vector(device, precision);
    if (!known[op.matrix]) peaks[op.matrix] = peak_of(device, op.compute, op.matrix, ledger), known[op.matrix] = true;
    auto const& e = efficiency.of(op.kind);
    const bool between = !op.matrix && (op.kind == workload::OperatorKind::gemm || op.kind == workload::OperatorKind::grouped_gemm);
    const Real share = between ? e.moving : e.bandwidth;
    PricedOperator p;
    p.op = &op;
    const bool frozen = factors.frozen && op.is_product() && op.weights.value > Data{};
    const Real factor = frozen ? *factors.frozen : factors.attention && op.kind == workload::OperatorKind::attention ? *factors.attention : factors.work;
    const Real moves = frozen ? *factors.frozen : factors.bytes;
    auto work = eq::repeated_work.with(ledger, op.work, op.repeat, factor);
    const auto each = eq::operator_data.with(ledger, op.weights, op.input, op.output, op.cache_read, op.cache_write);
    auto bytes = eq::repeated_data.with(ledger, each, op.repeat, moves);
    p.compute_time = eq::repeated_time.with(ledger, compute_once(op, peaks[op.matrix], device, e, ledger), op.repeat, factor);
    Sourced<Data> missed{};
    if (bandwidth && cache) {
      const auto hits = eq::repeated_data.with(ledger, cache.hits(op, ledger), op.repeat, factors.bytes);
      missed = eq::cache_misses.with(ledger, bytes, hits);
      const auto from_main = eq::memory_time.with(ledger, missed, *bandwidth, share);
      const auto through = cache.time(bytes, share, ledger);
      p.memory_time = eq::slowest_level.with(ledger, from_main, through);
      p.cached = through.value > from_main.value;
    } else if (bandwidth) {
      p.memory_time = eq::memory_time.with(ledger, bytes, *bandwidth, share);
    }
    if (const auto f = bandwidth ? filtered_in(op, peaks[op.matrix], device, e, ledger) : std::nullopt) {
      // Of two methods the library takes the faster one. Transforms come before and after the products.
      const bool held = cache && f->transforms.value <= cache.capacity();
      const auto all = [&](Sourced<Data> const& once) { return eq::repeated_data.with(ledger, once, op.repeat, factors.bytes); };
      const auto moving = [&](Sourced<Data> const& data) { return held ? cache.time(data, e.bandwidth, ledger) : eq::memory_time.with(ledger, data, *bandwidth, e.bandwidth); };
      const auto between = all(f->products), around = all(f->transforms);
      const auto computed = eq::repeated_time.with(ledger, f->compute, op.repeat, factor);
      const auto products = moving(between), transforms = moving(around);
      if (max(computed.value, products.value) + transforms.value < max(p.compute_time.value, p.memory_time.value)) {
        p.compute_time = sum<Time>(ledger, "products and transforms", {computed, transforms});
        p.memory_time = sum<Time>(ledger, "data of products and transforms", {products, transforms});
        p.cached = held;
        work = eq::repeated_work.with(ledger, f->work, op.repeat, factor);
        bytes = sum<Data>(ledger, "data of products and transforms", {between, around});
        if (!held) missed = bytes;
      }
    }
    p.dispatch_time = eq::repeated_time.with(ledger, e.dispatch, op.repeat, factors.launches);
    p.time = e.serial ? eq::serial_time.with(ledger, p.compute_time, p.memory_time, p.dispatch_time) : eq::roofline_time.with(ledger, p.compute_time, p.memory_time, p.dispatch_time);
    const Time busy = max(p.compute_time.value, p.memory_time.value);
    p.bound = p.dispatch_time.value > busy ? Bound::dispatch : p.memory_time.value > p.compute_time.value ? Bound::memory : Bound::compute;
    times.add(p.time, op.name), works.add(work, op.name), moved.add(bytes, op.name);
    (op.matrix && !by_vector ? of_matrix : of_vector).add(work, op.name);
    if (cache) from_memory.add(missed, op.name);
    if (op.model_work.value.raw() > 0) model_works.add(eq::repeated_work.with(ledger, op.model_work, op.repeat, model_factor), op.name);
    out.operators.push_back(p);
  }
  out.time = times.total("operators");
  if (efficiency.end() != 0) stretch(out, efficiency);
  out.waits = host_waited_for(out, pass, efficiency, factors, ledger);
  out.work = works.total("operators");
  out.matrix_work = of_matrix.total("operators on matrix units");
  out.vector_work = of_vector.total("operators on vector units");
  out.model_work = model_works.total("products, full attention matrix");
  out.bytes = out.main_bytes = moved.total("operators");
  if (cache) out.main_bytes = from_memory.total("operators");

  std::array<Time, 3> shares{};
  for (auto const& p : out.operators) weigh(shares, p);
  const auto most = static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  out.bound = static_cast<Bound>(most);
  if (out.waits) {
    out.next_bound = out.bound;
    out.bound = Bound::dispatch;
    return out;
  }
  // What would take most time if the binding resource cost nothing.
  std::array<Time, 3> without{};
  for (auto const& p : out.operators) {
    const Time parts[3] = {p.compute_time.value, p.memory_time.value, p.dispatch_time.value};
    for (std::size_t i = 0; i < 3; ++i)
      if (i != most) without[i] += parts[i];
  }
  out.next_bound = static_cast<Bound>(std::max_element(without.begin(), without.end()) - without.begin());
  return out;
}

}  // namespace

std::string_view name(Bound b) {
  constexpr std::string_view names[] = {"compute", "memory", "dispatch", "streaming"};
  return names[static_cast<std::size_t>(b)];
}

Sourced<ComputeRate> peak_for(hardware::Device const& device, Precision precision, bool matrix, Ledger& ledger) { return peak_of(device, precision, matrix, ledger); }

std::optional<FilteredConvolution> filtered(workload::Operator const& op, Sourced<ComputeRate> peak, hardware::Device const& device, Efficiency const& e, Ledger& ledger) {
  return filtered_in(op, peak, device, e, ledger);
}

PassPrice price(workload::Pass const& pass, hardware::Device const& device, EfficiencyModel const& efficiency, PassFactors const& factors, Ledger& ledger) {
  if (ledger.recording) return price_in(pass, device, efficiency, factors, ledger);
  NoLedger none;
  return price_in(pass, device, efficiency, factors, none);
}

PerformanceResult solve(PerformanceInput const& in, Ledger& ledger) {
  PerformanceResult r;
  auto const& device = *in.device;
  r.operators = workload::pass_of(in.derived, *in.model, in.shape, ledger);
  r.pass = price(*r.operators, device, *in.efficiency, in.factors, ledger);
  if (auto const* link = hardware::weight_link(device); link && in.streamed && in.streamed->value > Data{}) {
    r.streaming = eq::streaming_time.with(ledger, *in.streamed, link->per_direction);
    if (r.streaming->value > r.pass.time.value) r.pass.waits = true, r.pass.next_bound = r.pass.bound, r.pass.bound = Bound::streaming;
    r.pass.time = eq::streaming_bound.with(ledger, r.pass.time, *r.streaming);
  }
  r.latency = r.pass.time;
  r.efficiency_given = in.efficiency->overridden();
  r.confidence = Confidence::calibrated;
  for (auto const& op : *r.operators) r.confidence = weakest(r.confidence, in.efficiency->of(op.kind).confidence);
  if (in.interval) {
    Ledger quiet;
    const auto slow = price(*r.operators, device, in.efficiency->at_end(-1), in.factors, quiet);
    const auto fast = price(*r.operators, device, in.efficiency->at_end(1), in.factors, quiet);
    const Time least = r.streaming ? r.streaming->value : Time{};
    r.latency_interval = {max(fast.time.value, least).raw(), max(slow.time.value, least).raw()};
    for (auto& p : r.pass.operators)
      if (auto const& e = in.efficiency->of(p.op->kind); e.fastest < e.slowest) p.interval = {e.fastest * p.time.value.raw(), e.slowest * p.time.value.raw()};
  }

  const auto peak = r.peak = peak_for(device, in.shape.precision.compute, true, ledger);
  r.intensity = eq::intensity.with(ledger, r.pass.work, r.pass.bytes);
  const auto memory = device.memory.main();
  if (memory.level->bandwidth) {
    r.bandwidth = *memory.level->bandwidth;
    r.ridge = eq::ridge.with(ledger, peak, *memory.level->bandwidth);
    r.mbu = eq::mbu.with(ledger, r.pass.main_bytes, r.latency, *memory.level->bandwidth);
  }
  r.mfu = eq::mfu.with(ledger, r.pass.model_work, r.latency, peak);
  r.compute_utilisation = eq::compute_utilisation.with(ledger, r.pass.work, r.latency, peak);
  if (workload::is_language_model(*in.model)) {
    const auto n = eq::product.with(ledger, Real(in.shape.batch), Real(in.shape.new_tokens));
    r.token_throughput = eq::token_rate.with(ledger, {n.value * unit<"token">, n.origin}, r.latency);
  } else {
    r.sample_throughput = eq::sample_rate.with(ledger, {in.shape.batch.value * unit<"sample">, in.shape.batch.origin}, r.latency);
  }

  if (device.power.tdp) {
    const auto idle = device.power.idle ? *device.power.idle : assumed(ledger, "power.idle", Power{}, "no idle power published: the mean is a lower bound");
    if (const auto power = drawn(r, device, idle, ledger)) r.power = *power;
    else r.power = eq::mean_power.with(ledger, idle, *device.power.tdp, r.compute_utilisation, r.mbu);
    // A microcontroller draws its active power whatever it computes.
    if (device.tier == hardware::Tier::tiny) r.power = *device.power.tdp;
    r.energy = eq::pass_energy.with(ledger, r.power, r.latency);
  }
  return r;
}

Section report(PerformanceResult const& r) {
  Section s{"performance", "Performance of one pass on one device", {}, {}, {}, {}, {}};
  s.estimate("latency", "latency", r.latency, r.confidence).interval = r.latency_interval;
  if (r.token_throughput) s.estimate("token_throughput", "throughput", *r.token_throughput, r.confidence);
  if (r.sample_throughput) s.estimate("sample_throughput", "throughput", *r.sample_throughput, r.confidence);
  if (r.streaming) s.metric("streaming", "time to stream weights", *r.streaming).note = "over the device's link, while it computes";
  s.metric("work", "work", r.pass.work).note = "FLOP which kernels execute";
  s.metric("model_work", "model work", r.pass.model_work).note = "products only, full attention matrix";
  s.metric("bytes", "bytes read and written", r.pass.bytes);
  if (r.pass.main_bytes.value < r.pass.bytes.value) s.metric("main_bytes", "of these from and to main memory", r.pass.main_bytes).note = "the rest is still in the last cache";
  s.metric("intensity", "arithmetic intensity", r.intensity);
  s.metric("peak", "dense peak of the device", r.peak);
  if (r.bandwidth) s.metric("bandwidth", "nominal memory bandwidth", *r.bandwidth);
  if (r.ridge.value.raw() > 0) s.metric("ridge", "ridge point of the device", r.ridge).note = "dense peak / nominal bandwidth";
  s.utilisation("mfu", "MFU", r.mfu, r.confidence, "model FLOP / (time x dense peak), full attention matrix");
  s.utilisation("compute_utilisation", "compute utilisation", r.compute_utilisation, r.confidence, "executed FLOP / (time x dense peak)");
  if (r.mbu.value > 0) s.utilisation("mbu", "MBU", r.mbu, r.confidence, "bytes of main memory / (time x nominal bandwidth)");
  if (r.power.value.raw() > 0) {
    s.estimate("power", "mean power of the device", r.power, r.confidence);
    s.estimate("energy", "energy of the pass, one device", r.energy, r.confidence);
  } else {
    s.notes.emplace_back("power and energy are not judged: the device states no TDP");
  }
  if (r.efficiency_given) s.notes.emplace_back("EFFICIENCY OVERRIDDEN by the scenario: these numbers are the scenario's, not mlsysim's");

  Table t{"operators", "operators of the pass", {}, {}};
  t.columns = {{"operator", "operator", {}, true, false, {}},       {"kind", "kind", {}, true, false, {}},
               {"repeat", "runs", {}, false, false, {}},            {"work", "work", Dimension("FLOP"), false, false, {}},
               {"bytes", "bytes", Dimension("B"), false, false, {}}, {"intensity", "intensity", Dimension("FLOP/B"), false, false, {}},  {"reached", "reached", Dimension("FLOP/s"), false, false, {}},
               {"time", "time", Dimension("s"), false, false, {}}, {"low", "90 % from", Dimension("s"), false, false, {}}, {"high", "to", Dimension("s"), false, false, {}},
               {"share", "share", {}, false, true, {}},             {"bound", "bound", {}, true, false, {}}};
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  for (auto const& p : r.pass.operators) {
    const double n = p.op->repeat.value;
    t.rows.push_back({{0, std::string(p.op->name)}, {0, std::string(workload::name(p.op->kind))}, {n, {}}, {n * p.op->work.value.raw(), {}}, {n * p.op->bytes().raw(), {}}, {p.op->bytes().raw() > 0 ? p.op->work.value / p.op->bytes() / unit<"FLOP/B"> : 0, {}},
                      {p.time.value.raw() > 0 ? n * p.op->work.value.raw() / p.time.value.raw() : 0, {}}, {p.time.value.raw(), {}}, {p.interval ? p.interval->low : unknown, {}}, {p.interval ? p.interval->high : unknown, {}},
                      {r.latency.value.raw() > 0 ? p.time.value / r.latency.value : 0, {}}, {0, std::string(name(p.bound))}});
  }
  s.tables.push_back(std::move(t));
  return s;
}

}  // namespace mlsysim::solvers
