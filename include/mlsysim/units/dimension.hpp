#pragma once
/// \file
/// Dimensions: what a quantity measures, spelled so that a compiler message reads like a sentence.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlsysim {

/// The eleven base dimensions. Each is measured in the base unit of `base_symbol`, and in no other.
/// FLOP, money, carbon mass, tokens, samples and requests are bases so that mixing them cannot compile.
enum class Base : std::uint8_t { money, carbon, water, energy, work, data, token, sample, request, length, time };

/// Symbols of the base units, in the order of `Base`.
inline constexpr std::array<std::string_view, 11> base_symbol{"USD",   "gCO2e",  "L",       "J", "FLOP", "B",
                                                              "token", "sample", "request", "m", "s"};

/// Integer exponents of the base dimensions, in the order of `Base`.
using Exponents = std::array<std::int8_t, base_symbol.size()>;

/// Exponents of a product (`sign` = 1) or a quotient (`sign` = -1).
constexpr Exponents combine(Exponents a, Exponents b, int sign) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::int8_t>(a[i] + sign * b[i]);
  return a;
}

/// Exponents of one base dimension raised to `power`.
constexpr Exponents of(Base base, int power = 1) {
  Exponents e{};
  e[static_cast<std::size_t>(base)] = static_cast<std::int8_t>(power);
  return e;
}

/// A dimension which readers know by name, with the unit they expect to see beside it (scale 1).
struct NamedDimension {
  std::string_view name;  ///< e.g. `bandwidth`
  std::string_view unit;  ///< base unit, e.g. `B/s`
  Exponents exponents;    ///< what makes two dimensions equal
};

namespace detail {
constexpr Exponents ratio(Base above, Base below) { return combine(of(above), of(below), -1); }
}  // namespace detail

/// Names used in compiler messages, diagnostics, the JSON schema and the site.
inline constexpr NamedDimension named_dimensions[] = {
    {"number", "1", Exponents{}},
    {"time", "s", of(Base::time)},
    {"frequency", "Hz", of(Base::time, -1)},
    {"data", "B", of(Base::data)},
    {"bandwidth", "B/s", detail::ratio(Base::data, Base::time)},
    {"work", "FLOP", of(Base::work)},
    {"compute rate", "FLOP/s", detail::ratio(Base::work, Base::time)},
    {"arithmetic intensity", "FLOP/B", detail::ratio(Base::work, Base::data)},
    {"energy", "J", of(Base::energy)},
    {"power", "W", detail::ratio(Base::energy, Base::time)},
    {"compute efficiency", "FLOP/J", detail::ratio(Base::work, Base::energy)},
    {"energy per work", "J/FLOP", detail::ratio(Base::energy, Base::work)},
    {"energy per data", "J/B", detail::ratio(Base::energy, Base::data)},
    {"energy per token", "J/token", detail::ratio(Base::energy, Base::token)},
    {"energy per sample", "J/sample", detail::ratio(Base::energy, Base::sample)},
    {"energy per request", "J/request", detail::ratio(Base::energy, Base::request)},
    {"money", "USD", of(Base::money)},
    {"money rate", "USD/s", detail::ratio(Base::money, Base::time)},
    {"price of energy", "USD/J", detail::ratio(Base::money, Base::energy)},
    {"price per token", "USD/token", detail::ratio(Base::money, Base::token)},
    {"price per request", "USD/request", detail::ratio(Base::money, Base::request)},
    {"price per sample", "USD/sample", detail::ratio(Base::money, Base::sample)},
    {"price per data", "USD/B", detail::ratio(Base::money, Base::data)},
    {"carbon mass", "gCO2e", of(Base::carbon)},
    {"grid intensity", "gCO2e/J", detail::ratio(Base::carbon, Base::energy)},
    {"carbon per token", "gCO2e/token", detail::ratio(Base::carbon, Base::token)},
    {"carbon per request", "gCO2e/request", detail::ratio(Base::carbon, Base::request)},
    {"carbon per sample", "gCO2e/sample", detail::ratio(Base::carbon, Base::sample)},
    {"water volume", "L", of(Base::water)},
    {"water per energy", "L/J", detail::ratio(Base::water, Base::energy)},
    {"tokens", "token", of(Base::token)},
    {"token rate", "token/s", detail::ratio(Base::token, Base::time)},
    {"time per token", "s/token", detail::ratio(Base::time, Base::token)},
    {"data per token", "B/token", detail::ratio(Base::data, Base::token)},
    {"work per token", "FLOP/token", detail::ratio(Base::work, Base::token)},
    {"tokens per request", "token/request", detail::ratio(Base::token, Base::request)},
    {"samples", "sample", of(Base::sample)},
    {"sample rate", "sample/s", detail::ratio(Base::sample, Base::time)},
    {"work per sample", "FLOP/sample", detail::ratio(Base::work, Base::sample)},
    {"data per sample", "B/sample", detail::ratio(Base::data, Base::sample)},
    {"requests", "request", of(Base::request)},
    {"request rate", "request/s", detail::ratio(Base::request, Base::time)},
    {"length", "m", of(Base::length)},
    {"area", "m^2", of(Base::length, 2)},
};

/// A dimension whose identity is its own text, such as `bandwidth (B/s)` or, unnamed, `FLOP*s/B`.
/// The text is built from the exponents alone, so equal dimensions have equal text. As a template argument GCC
/// prints it word for word: that is what makes a unit mistake readable.
struct Dimension {
  /// The identity; public since template arguments must be.
  char text[72]{};  // eleven bases with exponents of one digit need 71

  constexpr Dimension() : Dimension(Exponents{}) {}
  /// The named dimension with these exponents, or one spelled out from its bases. \pre exponents between -9 and 9
  constexpr explicit Dimension(Exponents e) {
    std::size_t n = 0;
    const auto put = [&](std::string_view s) {
      for (char c : s) text[n++] = c;
    };
    for (auto const& named : named_dimensions) {
      if (named.exponents == e) {
        put(named.name), put(" ("), put(named.unit), put(")");
        return;
      }
    }
    const auto factors = [&](int sign) {
      bool first = true;
      for (std::size_t i = 0; i < e.size(); ++i) {
        const int power = sign * e[i];
        if (power <= 0) continue;
        if (!first) put("*");
        first = false;
        put(base_symbol[i]);
        if (power > 1) text[n++] = '^', text[n++] = static_cast<char>('0' + power);
      }
      return !first;
    };
    int below = 0;
    for (auto k : e) below += k < 0;
    if (!factors(1)) put("1");
    if (below == 0) return;
    put(below > 1 ? "/(" : "/");
    factors(-1);
    if (below > 1) put(")");
  }
  /// From a unit text in base units, e.g. `Dimension("B/s")`; anything else does not compile.
  consteval Dimension(const char* unit);

  /// The whole text, e.g. `bandwidth (B/s)`.
  constexpr std::string_view view() const { return text; }
  /// The base unit alone, e.g. `B/s`.
  constexpr std::string_view unit() const {
    const std::string_view t = text;
    const auto open = parenthesis(t);
    return open == t.size() ? t : t.substr(open + 2, t.size() - open - 3);
  }
  /// The name alone, e.g. `bandwidth`; empty for a dimension nobody named.
  constexpr std::string_view name() const {
    const std::string_view t = text;
    const auto open = parenthesis(t);
    return open == t.size() ? std::string_view{} : t.substr(0, open);
  }
  friend constexpr bool operator==(Dimension const&, Dimension const&) = default;  ///< equal text

 private:
  // GCC 12 cannot evaluate string_view::find on a template argument.
  static constexpr std::size_t parenthesis(std::string_view t) {
    for (std::size_t i = 0; i + 1 < t.size(); ++i)
      if (t[i] == ' ' && t[i + 1] == '(') return i;
    return t.size();
  }
};

}  // namespace mlsysim
