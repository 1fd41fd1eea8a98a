#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "commands.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::cli {
namespace {

[[noreturn]] void refuse(std::string message, std::string help) { throw InputError({{303, std::move(message), {}, "", std::move(help)}}); }

void change(SimulateOptions const& o, scenario::Scenario& s) {
  if (!s.traffic) s.traffic.emplace();
  auto& t = *s.traffic;
  if (!o.rate.empty()) {
    const auto q = parse_quantity(o.rate);
    if (q.error != QuantityTextError::none || !q.has_unit || !(q.dimension() == Dimension("request/s")) || !(q.base_value() > 0)) refuse(fmt::format("'{}' is no rate of requests", o.rate), "e.g. --rate '4 request/s'");
    t.rate = Sourced<RequestRate>{q.base_value() * unit<"request/s">, {}};
    t.load.reset(), s.workload.request_rate.reset();
  }
  if (!o.policy.empty()) {
    const auto names = names_of(solvers::BatchingPolicy{});
    const auto found = std::find(names.begin(), names.end(), o.policy);
    if (found == names.end()) {
      const auto near = nearest(o.policy, names, 1);
      refuse(fmt::format("no policy '{}'{}", o.policy, near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])), "static, orca, vllm or sarathi");
    }
    t.policy = static_cast<solvers::BatchingPolicy>(found - names.begin());
  }
  if (o.requests > 0) {
    constexpr int least = 100, most = 10'000'000;
    if (o.requests < least || o.requests > most) refuse(fmt::format("--requests {}", o.requests), fmt::format("{} to {}", least, most));
    t.requests.value = o.requests;
  }
  if (o.seed > 0) t.seed.value = o.seed;
}

std::string every_request(std::vector<solvers::ServedRequest> const& served) {
  std::string out = "request,arrival,start,first_token,end,prompt,output,preemptions,replica\n";
  std::size_t i = 0;
  for (auto const& q : served) {
    const bool refused = q.end < 0;
    out += fmt::format("{},{:.9g},{},{},{},{},{},{},{}\n", i++, q.arrival, refused ? "" : fmt::format("{:.9g}", q.start), refused ? "" : fmt::format("{:.9g}", q.first), refused ? "" : fmt::format("{:.9g}", q.end), q.prompt,
                       q.output, q.preemptions, q.replica);
  }
  return out;
}

std::string every_request_json(std::vector<solvers::ServedRequest> const& served) {
  std::string out = "[";
  for (auto const& q : served) {
    const auto time = [&](double t) { return q.end < 0 ? std::string("null") : fmt::format("{:.9g}", t); };
    out += fmt::format("{}\n{{\"arrival\": {:.9g}, \"start\": {}, \"first_token\": {}, \"end\": {}, \"prompt\": {}, \"output\": {}, \"preemptions\": {}, \"replica\": {}}}", out.size() == 1 ? "" : ",", q.arrival, time(q.start), time(q.first),
                       time(q.end), q.prompt, q.output, q.preemptions, q.replica);
  }
  return out + "\n]\n";
}

/// A bar on a terminal; silent elsewhere.
class Progress {
 public:
  explicit Progress(bool wanted) : on_{wanted && isatty(STDERR_FILENO)} {}
  ~Progress() {
    if (shown_ >= 0) std::fputs("\r\033[K", stderr);
  }
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  std::function<void(double)> call() {
    if (!on_) return {};
    return [this](double share) {
      constexpr int width = 40;
      const int percent = static_cast<int>(100 * share);
      if (percent == shown_) return;
      shown_ = percent;
      const auto filled = static_cast<std::size_t>(percent * width / 100);
      std::fputs(fmt::format("\r[{}{}] {} %", std::string(filled, '#'), std::string(static_cast<std::size_t>(width) - filled, '.'), percent).c_str(), stderr);
    };
  }

 private:
  bool on_;
  int shown_ = -1;
};

}  // namespace

int simulate(SimulateOptions const& o, Common const& common) {
  const registry::Catalogue catalogue = open_catalogue(common);
  std::vector<Diagnostic> problems;
  const auto document = open_scenario(o.scenario);
  auto loaded = scenario::load(catalogue, document, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  change(o, loaded.scenario);
  std::vector<solvers::ServedRequest> served;
  constexpr int takes_a_while = 100000;
  solvers::LoadResult r;
  {
    Progress progress(loaded.scenario.traffic->requests.value >= takes_a_while);
    r = scenario::simulate(loaded, {progress.call(), !o.no_curve, false, o.requests_csv.empty() && o.requests_json.empty() ? nullptr : &served});
  }
  if (!o.requests_csv.empty()) io::write_whole(o.requests_csv, every_request(served));
  if (!o.requests_json.empty()) io::write_whole(o.requests_json, every_request_json(served));
  std::vector<Plot> plots;
  if (!o.no_curve) plots = {frontier_plot(r), throughput_plot(r)};
  for (auto&& p : {requests_plot(r), occupancy_plot(r), distribution_plot(r)}) plots.push_back(p);
  if (!o.svg.empty()) io::write_whole(o.svg, render::svg(plots));

  Section s = report(r);
  s.tables.insert(s.tables.begin(), percentile_table(r));
  if (!o.no_curve) s.tables.push_back(frontier_table(r));
  if (common.format == "text") {
    auto const& w = loaded.scenario.workload;
    std::string out = loaded.scenario.name.empty() ? w.model.id : loaded.scenario.name;
    s.metrics.erase(std::remove_if(s.metrics.begin(), s.metrics.end(), [](Metric const& m) { return m.id.ends_with("_p50") || m.id.ends_with("_p90") || m.id.ends_with("_p99"); }), s.metrics.end());
    out += '\n' + render::text(s, style(common));
    for (auto const& p : plots) out += '\n' + render::text(p, style(common));
    write(out, common);
    return done;
  }
  Report report;
  report.title = loaded.scenario.name;
  report.about = loaded.scenario.about;
  report.file = loaded.file;
  report.version = version();
  report.registry = catalogue.hash();
  report.sections.push_back(std::move(s));
  if (common.format == "json") write(render::json({report}), common);
  else if (common.format == "csv") write(render::csv({report}), common);
  else write(render::markdown(report), common);
  return done;
}

}  // namespace mlsysim::cli
