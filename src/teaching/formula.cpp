#include "mlsysim/teaching/formula.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "mlsysim/equations/functions.hpp"
#include "mlsysim/equations/tail.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::teaching {

/// Recursive descent over `a + b * c / max(d, 2) ^ e`; arguments stand as `@0`, `@1`, ….
class FormulaReader {
 public:
  explicit FormulaReader(std::string_view text) : text_{text} {}

  std::optional<Formula> read() {
    sum();
    blank();
    if (bad_ || at_ != text_.size()) return {};
    return std::move(formula_);
  }

 private:
  using Kind = Formula::Kind;

  void blank() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    blank();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::size_t add(Formula::Node node) {
    formula_.nodes_.push_back(std::move(node));
    return formula_.nodes_.size() - 1;
  }
  std::size_t add(Kind kind, std::vector<std::size_t> operands) { return add(Formula::Node{kind, 0, 0, {}, std::move(operands)}); }

  std::size_t sum() {
    std::size_t left = product();
    while (!bad_) {
      if (take('+')) left = add(Kind::add, {left, product()});
      else if (take('-')) left = add(Kind::subtract, {left, product()});
      else break;
    }
    return left;
  }
  std::size_t product() {
    std::size_t left = power();
    while (!bad_) {
      if (take('*')) left = add(Kind::multiply, {left, power()});
      else if (take('/')) left = add(Kind::divide, {left, power()});
      else break;
    }
    return left;
  }
  std::size_t power() {
    const std::size_t base = primary();
    return !bad_ && take('^') ? add(Kind::power, {base, power()}) : base;
  }
  std::size_t primary() {
    blank();
    if (bad_ || at_ >= text_.size()) return fail();
    const char c = text_[at_];
    if (take('(')) {
      const auto inner = sum();
      return take(')') ? inner : fail();
    }
    if (take('-')) return add(Kind::negate, {power()});
    if (take('@')) return add(Formula::Node{Kind::argument, 0, digits(), {}, {}});
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    if (std::isalpha(static_cast<unsigned char>(c))) return call();
    return fail();
  }
  std::size_t digits() {
    std::size_t n = 0;
    const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), n);
    bad_ = bad_ || read.ec != std::errc{};
    at_ = static_cast<std::size_t>(read.ptr - text_.data());
    return n;
  }
  std::size_t number() {
    const auto from = at_;
    while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.' || text_[at_] == 'e' || ((text_[at_] == '-' || text_[at_] == '+') && text_[at_ - 1] == 'e'))) ++at_;
    const auto q = parse_quantity(text_.substr(from, at_ - from));
    return q.error == QuantityTextError::none || q.error == QuantityTextError::no_unit ? add(Formula::Node{Kind::number, q.number, 0, {}, {}}) : fail();
  }
  std::size_t call() {
    Formula::Node node{Kind::call, 0, 0, {}, {}};
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) node.name += text_[at_++];
    if (!take('(')) return fail();
    do node.operands.push_back(sum());
    while (!bad_ && take(','));
    return take(')') ? add(std::move(node)) : fail();
  }
  std::size_t fail() {
    bad_ = true;
    return 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool bad_ = false;
  Formula formula_;
};

std::optional<Formula> Formula::of(EquationInfo const& equation) {
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < equation.symbols.size(); ++i) arguments.push_back(std::string("@").append(std::to_string(i)));
  const std::string text = equation.write(arguments, false);
  return FormulaReader(text).read();
}

double Formula::operator()(std::span<const double> arguments) const { return nodes_.empty() ? std::numeric_limits<double>::quiet_NaN() : value(nodes_.size() - 1, arguments, false); }
double Formula::smooth(std::span<const double> arguments) const { return nodes_.empty() ? std::numeric_limits<double>::quiet_NaN() : value(nodes_.size() - 1, arguments, true); }

double Formula::value(std::size_t node, std::span<const double> arguments, bool smooth) const {
  auto const& n = nodes_[node];
  const auto operand = [&](std::size_t i) { return value(n.operands[i], arguments, smooth); };
  switch (n.kind) {
    case Kind::number: return n.number;
    case Kind::argument: return n.argument < arguments.size() ? arguments[n.argument] : std::numeric_limits<double>::quiet_NaN();
    case Kind::add: return operand(0) + operand(1);
    case Kind::subtract: return operand(0) - operand(1);
    case Kind::multiply: return operand(0) * operand(1);
    case Kind::divide: return operand(0) / operand(1);
    case Kind::power: return std::pow(operand(0), operand(1));
    case Kind::negate: return -operand(0);
    case Kind::call: break;
  }
  if (n.name == "max" && n.operands.size() == 2) return std::max(operand(0), operand(1));
  if (n.name == "min" && n.operands.size() == 2) return std::min(operand(0), operand(1));
  if (n.name == "Poisson" && n.operands.size() == 2) return poisson_at_most(operand(0), operand(1));
  if (n.name == "ErlangC" && n.operands.size() == 2) return erlang_c(operand(0), operand(1));
  if (n.name == "OrderLevel" && n.operands.size() == 3) return order_level(operand(0), operand(1), operand(2));
  if (n.operands.size() != 1) return std::numeric_limits<double>::quiet_NaN();
  const double x = operand(0);
  if (n.name == "ceil") return smooth ? x : std::ceil(x);
  if (n.name == "floor") return smooth ? x : std::floor(x);
  if (n.name == "sqrt") return std::sqrt(x);
  if (n.name == "CubeRoot") return std::cbrt(x);
  if (n.name == "exp") return std::exp(x);
  if (n.name == "ln" || n.name == "log") return std::log(x);
  if (n.name == "log2") return std::log2(x);
  if (n.name == "NormalQuantile") return normal_quantile(x);
  if (n.name == "Gamma") return gamma(x);
  if (n.name == "Harmonic") return harmonic(x);
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace mlsysim::teaching
