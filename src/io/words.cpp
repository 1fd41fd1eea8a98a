#include "words.hpp"

#include <fmt/format.h>

#include "mlsysim/units/text.hpp"

namespace mlsysim::io {
namespace {

struct DimensionWords {
  std::string_view dimension;
  std::string_view unit;  ///< for examples
  double absurd;          ///< base units
  bool mass_noun = false;
};

// The bounds are far above the largest that exists or is planned: a planet's data, a century, the world's energy.
constexpr DimensionWords table[] = {
    {"time", "ms", 3.2e10, true},
    {"frequency", "GHz", 1e12},
    {"data", "GB", 1e22, true},
    {"bandwidth", "GB/s", 1e19},
    {"work", "TFLOP", 1e32, true},
    {"compute rate", "TFLOP/s", 1e23},
    {"energy", "kWh", 1e18, true},
    {"power", "W", 1e11, true},
    {"money", "USD", 1e13, true},
    {"money rate", "USD/h", 1e9},
    {"price of energy", "USD/kWh", 1e-4},
    {"price per token", "USD/Mtoken", 1e3},
    {"carbon mass", "kgCO2e", 1e16},
    {"grid intensity", "gCO2e/kWh", 1e-2},
    {"water volume", "L", 1e15},
    {"water per energy", "L/kWh", 1e-3, true},
    {"tokens", "Gtoken", 1e18, true},
    {"samples", "sample", 1e18, true},
    {"requests", "request", 1e18, true},
    {"token rate", "token/s", 1e15},
    {"sample rate", "sample/s", 1e15},
    {"request rate", "request/s", 1e12},
    {"area", "mm^2", 1.0},
};

DimensionWords const* words_of(Dimension const& d) {
  for (auto const& w : table)
    if (w.dimension == d.name()) return &w;
  return nullptr;
}

bool is_bandwidth(Dimension const& d) { return d == Dimension("B/s"); }

}  // namespace

std::string with_article(Dimension const& d) {
  const std::string_view name = d.name();
  if (name.empty()) return fmt::format("a quantity in {}", d.unit());
  if (name == "number") return "a plain number";
  auto const* w = words_of(d);
  const bool mass = w ? w->mass_noun : name.find(" per ") != name.npos;
  if (mass) return std::string(d.view());
  return fmt::format("{} {}", std::string_view("aeiou").find(name[0]) != std::string_view::npos ? "an" : "a", d.view());
}

std::string_view example_unit(Dimension const& d, bool bits) {
  if (bits) return is_bandwidth(d) ? "Gbit/s" : "bit";
  auto const* w = words_of(d);
  return w ? w->unit : d.unit();
}

double absurd_above(Dimension const& d) {
  auto const* w = words_of(d);
  return w ? w->absurd : 1e300;
}

std::string_view bytes_in_words(Dimension const& d) { return is_bandwidth(d) ? "bytes per second" : "bytes"; }
std::string_view bits_in_words(Dimension const& d) { return is_bandwidth(d) ? "bits per second" : "bits"; }

std::string in_bits_text(double base_value, Dimension const& d) {
  if (!is_bandwidth(d)) return in_unit(base_value, "bit", 6);
  for (std::string_view unit : {"Tbit/s", "Gbit/s", "Mbit/s", "kbit/s"})
    if (base_value >= parse_unit(unit).unit.scale) return in_unit(base_value, unit, 6);
  return in_unit(base_value, "bit/s", 6);
}

}  // namespace mlsysim::io
