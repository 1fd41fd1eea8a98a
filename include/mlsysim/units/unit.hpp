#pragma once
/// \file
/// The table of units and the one parser which reads `TB/s` in C++ and in YAML.
#include "mlsysim/units/dimension.hpp"

namespace mlsysim {

/// Which prefixes a unit takes. `mB` or `mtoken` are always a mistake, so they are not spellings of anything.
enum class Prefixes : std::uint8_t { none = 0, up = 1, down = 2, both = 3, up_iec = 5 };

/// What kind of count a unit text contains; readers refuse bits where bytes are meant, and MAC where FLOP are.
enum class Spelling : std::uint8_t { plain = 0, bits = 1, macs = 2 };

/// One row of the unit table: `scale` base units of dimension `dimension`.
struct UnitEntry {
  std::string_view symbol;              ///< as written, e.g. `Wh`
  double scale;                         ///< base units in one of it
  Exponents dimension;                  ///< what it measures
  Prefixes prefixes;                    ///< which prefixes it takes
  Spelling spelling = Spelling::plain;  ///< bits or MAC, where readers must know
};

namespace detail {
inline constexpr Exponents no_dimension{};
inline constexpr Exponents per_second = of(Base::time, -1);
inline constexpr Exponents byte_rate = ratio(Base::data, Base::time);
inline constexpr Exponents flop_rate = ratio(Base::work, Base::time);
inline constexpr Exponents joule_rate = ratio(Base::energy, Base::time);
}  // namespace detail

/// Every unit mlsysim knows. A year is 365 d = 8,760 h, as in energy accounting.
inline constexpr UnitEntry unit_table[] = {
    {"s", 1, of(Base::time), Prefixes::down},
    {"min", 60, of(Base::time), Prefixes::none},
    {"h", 3600, of(Base::time), Prefixes::none},
    {"hour", 3600, of(Base::time), Prefixes::none},
    {"hours", 3600, of(Base::time), Prefixes::none},
    {"day", 86400, of(Base::time), Prefixes::none},
    {"days", 86400, of(Base::time), Prefixes::none},
    {"year", 8760 * 3600.0, of(Base::time), Prefixes::none},
    {"years", 8760 * 3600.0, of(Base::time), Prefixes::none},
    {"Hz", 1, detail::per_second, Prefixes::up},
    {"B", 1, of(Base::data), Prefixes::up_iec},
    {"b", 0.125, of(Base::data), Prefixes::up_iec, Spelling::bits},
    {"bit", 0.125, of(Base::data), Prefixes::up_iec, Spelling::bits},
    {"bps", 0.125, detail::byte_rate, Prefixes::up, Spelling::bits},
    {"Bps", 1, detail::byte_rate, Prefixes::up},
    {"FLOP", 1, of(Base::work), Prefixes::up},
    {"OP", 1, of(Base::work), Prefixes::up},
    {"MAC", 2, of(Base::work), Prefixes::up, Spelling::macs},
    {"FLOPS", 1, detail::flop_rate, Prefixes::up},
    {"OPS", 1, detail::flop_rate, Prefixes::up},
    {"J", 1, of(Base::energy), Prefixes::both},
    {"Wh", 3600, of(Base::energy), Prefixes::both},
    {"W", 1, detail::joule_rate, Prefixes::both},
    {"USD", 1, of(Base::money), Prefixes::up},
    {"$", 1, of(Base::money), Prefixes::none},
    {"gCO2e", 1, of(Base::carbon), Prefixes::both},
    {"gCO2", 1, of(Base::carbon), Prefixes::both},
    {"tCO2e", 1e6, of(Base::carbon), Prefixes::up},
    {"tCO2", 1e6, of(Base::carbon), Prefixes::up},
    {"L", 1, of(Base::water), Prefixes::both},
    {"m", 1, of(Base::length), Prefixes::down},
    {"cm", 0.01, of(Base::length), Prefixes::none},
    {"km", 1000, of(Base::length), Prefixes::none},
    {"token", 1, of(Base::token), Prefixes::up},
    {"tokens", 1, of(Base::token), Prefixes::up},
    {"sample", 1, of(Base::sample), Prefixes::up},
    {"samples", 1, of(Base::sample), Prefixes::up},
    {"image", 1, of(Base::sample), Prefixes::up},
    {"images", 1, of(Base::sample), Prefixes::up},
    {"inference", 1, of(Base::sample), Prefixes::up},
    {"inferences", 1, of(Base::sample), Prefixes::up},
    {"request", 1, of(Base::request), Prefixes::up},
    {"requests", 1, of(Base::request), Prefixes::up},
    {"GPU", 1, detail::no_dimension, Prefixes::none},
    {"device", 1, detail::no_dimension, Prefixes::none},
    {"param", 1, detail::no_dimension, Prefixes::up},
    {"step", 1, detail::no_dimension, Prefixes::none},
    {"1", 1, detail::no_dimension, Prefixes::none},
    {"%", 0.01, detail::no_dimension, Prefixes::none},
};

/// A prefix and its factor.
struct UnitPrefix {
  std::string_view symbol;  ///< e.g. `k`
  double scale;             ///< e.g. 1000
};
/// Decimal multiples.
inline constexpr UnitPrefix prefixes_up[] = {{"k", 1e3},  {"M", 1e6},  {"G", 1e9},  {"T", 1e12},
                                             {"P", 1e15}, {"E", 1e18}, {"Z", 1e21}, {"Y", 1e24}};
/// Decimal fractions.
inline constexpr UnitPrefix prefixes_down[] = {{"f", 1e-15}, {"p", 1e-12}, {"n", 1e-9}, {"u", 1e-6}, {"µ", 1e-6}, {"m", 1e-3}};
/// Binary multiples.
inline constexpr UnitPrefix prefixes_iec[] = {{"Ki", 1024.0},
                                              {"Mi", 1048576.0},
                                              {"Gi", 1073741824.0},
                                              {"Ti", 1099511627776.0},
                                              {"Pi", 1125899906842624.0}};

/// A parsed unit: so many base units of a dimension.
struct Unit {
  double scale = 1;           ///< base units in one of it
  Exponents dimension{};      ///< what it measures
  std::uint8_t spelling = 0;  ///< union of the `Spelling`s which occurred

  /// Whether a spelling of this kind occurred.
  constexpr bool uses(Spelling s) const { return (spelling & static_cast<std::uint8_t>(s)) != 0; }
};

/// Why a text is no unit.
enum class UnitError : std::uint8_t { none, empty, unknown_symbol, ambiguous_product, unbalanced, bad_exponent, too_deep };

/// What `parse_unit` returns; `at` is the byte offset of the trouble.
struct UnitResult {
  Unit unit;                          ///< valid when there is no error
  UnitError error = UnitError::none;  ///< what is wrong
  std::size_t at = 0;                 ///< byte offset in the text
};

namespace detail {

constexpr bool look_up_unit(std::string_view s, Unit& out) {
  for (auto const& u : unit_table) {
    if (u.symbol == s) {
      out = {u.scale, u.dimension, static_cast<std::uint8_t>(u.spelling)};
      return true;
    }
  }
  for (auto const& u : unit_table) {
    if (u.prefixes == Prefixes::none || !s.ends_with(u.symbol)) continue;
    const auto prefix = s.substr(0, s.size() - u.symbol.size());
    const auto allowed = static_cast<unsigned>(u.prefixes);
    const auto among = [&](auto const& table) {
      for (auto const& p : table) {
        if (p.symbol == prefix) {
          out = {p.scale * u.scale, u.dimension, static_cast<std::uint8_t>(u.spelling)};
          return true;
        }
      }
      return false;
    };
    if ((allowed & 1U) && among(prefixes_up)) return true;
    if ((allowed & 2U) && among(prefixes_down)) return true;
    if ((allowed & 4U) && among(prefixes_iec)) return true;
  }
  return false;
}

/// unit = product { "/" product };  product = factor { ("*"|"-") factor };  factor = symbol [ "^" digit ] | "(" unit ")".
/// After a slash only "-" joins (`USD/GPU-hour`); `J/B*s` is refused because people read it both ways.
struct UnitParser {
  std::string_view s;
  std::size_t i = 0;
  UnitError error = UnitError::none;
  int depth = 0;
  std::uint8_t spelling = 0;

  constexpr void fail(UnitError e) {
    if (error == UnitError::none) error = e;
  }
  constexpr bool eat(char c) {
    if (i < s.size() && s[i] == c) {
      ++i;
      return true;
    }
    return false;
  }
  constexpr Unit unit() {
    double above = 1, below = 1;
    Exponents d{};
    int sign = 1;
    for (;;) {
      const Unit f = product(sign < 0);
      (sign > 0 ? above : below) *= f.scale;
      d = bounded(d, f.dimension, sign);
      if (error != UnitError::none || !eat('/')) break;
      sign = -1;
    }
    return {above / below, d, spelling};
  }
  constexpr Unit product(bool after_slash) {
    Unit u = factor();
    while (error == UnitError::none && i < s.size() && (s[i] == '*' || s[i] == '-')) {
      if (after_slash && s[i] == '*') {
        fail(UnitError::ambiguous_product);
        break;
      }
      ++i;
      const Unit f = factor();
      u.scale *= f.scale;
      u.dimension = bounded(u.dimension, f.dimension, 1);
    }
    return u;
  }
  constexpr Unit factor() {
    if (eat('(')) {
      if (++depth > 4) {
        fail(UnitError::too_deep);
        return {};
      }
      const Unit u = unit();
      if (error == UnitError::none && !eat(')')) fail(UnitError::unbalanced);
      --depth;
      return u;
    }
    const std::size_t begin = i;
    while (i < s.size() && std::string_view("/*-^()").find(s[i]) == std::string_view::npos) ++i;
    Unit base{}, u{};
    if (i == begin) {
      fail(UnitError::empty);
      return u;
    }
    if (!look_up_unit(s.substr(begin, i - begin), base)) {
      i = begin;
      fail(UnitError::unknown_symbol);
      return u;
    }
    spelling = static_cast<std::uint8_t>(spelling | base.spelling);
    int power = 1;
    if (eat('^')) {
      if (i < s.size() && s[i] >= '1' && s[i] <= '9') power = s[i++] - '0';
      else fail(UnitError::bad_exponent);
    }
    while (power-- > 0) {
      u.scale *= base.scale;
      u.dimension = bounded(u.dimension, base.dimension, 1);
    }
    return u;
  }
  constexpr Exponents bounded(Exponents a, Exponents b, int sign) {
    for (std::size_t k = 0; k < a.size(); ++k) {
      const int sum = a[k] + sign * b[k];
      if (sum > 9 || sum < -9) {
        fail(UnitError::bad_exponent);
        return a;
      }
    }
    return combine(a, b, sign);
  }
};

}  // namespace detail

/// Reads a unit text such as `TB/s`, `gCO2e/kWh` or `USD/GPU-hour`. Case matters and everything must be consumed.
constexpr UnitResult parse_unit(std::string_view s) {
  if (s.size() > 72) return {{}, UnitError::too_deep, 72};
  detail::UnitParser p{s};
  const Unit u = p.unit();
  if (p.error == UnitError::none && p.i != s.size()) p.error = UnitError::unbalanced;
  return {u, p.error, p.i};
}

/// Exponents behind a dimension.
constexpr Exponents exponents(Dimension const& d) {
  for (auto const& named : named_dimensions)
    if (d.name() == named.name) return named.exponents;
  return parse_unit(d.unit()).unit.dimension;
}

/// Dimension of a product.
constexpr Dimension operator*(Dimension const& a, Dimension const& b) {
  return Dimension(combine(exponents(a), exponents(b), 1));
}
/// Dimension of a quotient.
constexpr Dimension operator/(Dimension const& a, Dimension const& b) {
  return Dimension(combine(exponents(a), exponents(b), -1));
}

/// Never defined: its name is the compiler's message for a text which is no unit.
void not_a_unit_mlsysim_knows();  // never defined: its name is the compiler's message

consteval Dimension::Dimension(const char* unit) {
  const auto r = parse_unit(unit);
  if (r.error != UnitError::none || r.unit.scale != 1) not_a_unit_mlsysim_knows();
  *this = Dimension(r.unit.dimension);
}

/// A unit's text as a template argument.
struct UnitName {
  char text[32]{};  ///< zero-terminated
  /// From a literal: `unit<"TB/s">`.
  template <std::size_t N>
  consteval UnitName(const char (&t)[N]) {
    static_assert(N <= 32, "a unit text has at most 31 characters");
    for (std::size_t k = 0; k + 1 < N; ++k) text[k] = t[k];
  }
};

}  // namespace mlsysim
