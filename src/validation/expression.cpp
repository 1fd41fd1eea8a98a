#include "mlsysim/validation/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/text.hpp"

namespace mlsysim::validation {
namespace {

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c) || c == '.'; }

constexpr int deepest = 64;

Interval ends(Value const& v) { return v.interval.value_or(Interval{v.number, v.number}); }

/// Whether `e` is the square of a dimension, which then replaces it.
bool halve(Exponents& e) {
  for (auto& k : e) {
    if (k % 2 != 0) return false;
    k = static_cast<std::int8_t>(k / 2);
  }
  return true;
}

Interval hull(double a, double b, double c, double d) { return {std::min({a, b, c, d}), std::max({a, b, c, d})}; }

}  // namespace

/// sum = product {(+|-) product}; product = factor {(*|/) factor}; factor = number | 'quantity' | name | function(sum {, sum}) | ( sum ) | - factor.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, Expression& out, std::string& problem) : text_{text}, out_{out}, problem_{problem} {}

  void run() {
    sum(0);
    skip();
    if (problem_.empty() && at_ < text_.size()) problem_ = fmt::format("'{}' is left over", text_.substr(at_));
  }

 private:
  using Kind = Expression::Kind;

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void push(Kind kind) { out_.steps_.push_back({kind, 0, 0, {}}); }

  void sum(int depth) {
    product(depth);
    while (problem_.empty()) {
      const bool plus = take('+');
      if (!plus && !take('-')) return;
      product(depth);
      push(plus ? Kind::add : Kind::subtract);
    }
  }
  void product(int depth) {
    factor(depth);
    while (problem_.empty()) {
      const bool times = take('*');
      if (!times && !take('/')) return;
      factor(depth);
      push(times ? Kind::multiply : Kind::divide);
    }
  }
  void factor(int depth) {
    if (depth > deepest) {
      problem_ = "it is nested too deep";
      return;
    }
    if (take('(')) {
      sum(depth + 1);
      if (problem_.empty() && !take(')')) problem_ = "a parenthesis is never closed";
      return;
    }
    if (take('-')) {
      out_.steps_.push_back({Kind::number, -1, 0, {}});
      factor(depth + 1);
      push(Kind::multiply);
      return;
    }
    skip();
    if (at_ >= text_.size()) {
      problem_ = "a value is missing at its end";
      return;
    }
    if (text_[at_] == '$') {
      ++at_;
      if (at_ < text_.size() && text_[at_] == '{') {
        const auto end = text_.find('}', at_);
        if (end == text_.npos) {
          problem_ = "'${' is never closed";
          return;
        }
        name(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return;
      }
    }
    if (at_ < text_.size() && text_[at_] == '\'') {
      quantity();
      return;
    }
    if (at_ < text_.size() && starts_name(text_[at_])) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
      const auto word = text_.substr(begin, at_ - begin);
      if (take('(')) function(word, depth);
      else name(word);
      return;
    }
    number();
  }
  void function(std::string_view word, int depth) {
    struct Function {
      std::string_view name;
      Kind kind;
      int arguments;
    };
    static constexpr Function all[] = {{"min", Kind::minimum, 2}, {"max", Kind::maximum, 2}, {"ceil", Kind::ceiling, 1}, {"floor", Kind::floor, 1}, {"sqrt", Kind::square_root, 1}};
    for (auto const& f : all) {
      if (f.name != word) continue;
      for (int i = 0; i < f.arguments && problem_.empty(); ++i) {
        if (i > 0 && !take(',')) problem_ = fmt::format("{} takes {} values", word, f.arguments);
        else sum(depth + 1);
      }
      if (problem_.empty() && !take(')')) problem_ = fmt::format("{} is never closed", word);
      push(f.kind);
      return;
    }
    problem_ = fmt::format("there is no function '{}'", word);
  }
  void quantity() {
    const auto end = text_.find('\'', at_ + 1);
    const auto inside = end == text_.npos ? std::string_view{} : text_.substr(at_ + 1, end - at_ - 1);
    const auto q = parse_quantity(inside);
    if (end == text_.npos || q.error != QuantityTextError::none) {
      problem_ = fmt::format("'{}' is no quantity", text_.substr(at_));
      return;
    }
    out_.steps_.push_back({Kind::number, q.base_value(), 0, q.unit.dimension});
    at_ = end + 1;
  }
  void name(std::string_view text) {
    const auto found = std::find(out_.names_.begin(), out_.names_.end(), text);
    const auto index = static_cast<std::size_t>(found - out_.names_.begin());
    if (found == out_.names_.end()) out_.names_.emplace_back(text);
    out_.steps_.push_back({Kind::name, 0, index, {}});
  }
  void number() {
    std::size_t end = at_;
    while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) ++end;
    if (end < text_.size() && end > at_ && (text_[end] == 'e' || text_[end] == 'E')) {
      ++end;
      if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
      while (end < text_.size() && is_digit(text_[end])) ++end;
    }
    const auto q = parse_quantity(text_.substr(at_, end - at_));
    if (end == at_ || q.error != QuantityTextError::none) {
      problem_ = at_ < text_.size() ? fmt::format("'{}' is neither a number nor a name", text_.substr(at_)) : "a value is missing at its end";
      return;
    }
    out_.steps_.push_back({Kind::number, q.number, 0, {}});
    at_ = end;
  }

  std::string_view text_;
  Expression& out_;
  std::string& problem_;
  std::size_t at_ = 0;
};

Expression Expression::parse(std::string_view text, std::string& problem) {
  Expression e;
  e.text_ = text;
  problem.clear();
  ExpressionParser(text, e, problem).run();
  if (!problem.empty()) e.steps_.clear();
  return e;
}

std::optional<Value> Expression::evaluate(LookUp const& look_up, std::string& problem) const {
  std::vector<Value> stack;
  for (auto const& s : steps_) {
    if (s.kind == Kind::number) {
      stack.push_back({s.number, s.dimension, {}});
      continue;
    }
    if (s.kind == Kind::name) {
      auto v = look_up(names_[s.name]);
      if (!v) {
        if (problem.empty()) problem = fmt::format("'{}' has no value", names_[s.name]);
        return {};
      }
      stack.push_back(std::move(*v));
      continue;
    }
    if (s.kind == Kind::ceiling || s.kind == Kind::floor || s.kind == Kind::square_root) {
      Value& v = stack.back();
      if (s.kind == Kind::square_root && !halve(v.dimension)) {
        problem = fmt::format("{} has no square root in '{}'", Dimension(v.dimension).view(), text_);
        return {};
      }
      const auto of_one = [&](double x) { return s.kind == Kind::ceiling ? std::ceil(x) : s.kind == Kind::floor ? std::floor(x) : std::sqrt(x); };
      v.number = of_one(v.number);
      if (v.interval) v.interval = Interval{of_one(v.interval->low), of_one(v.interval->high)};
      continue;
    }
    const Value b = std::move(stack.back());
    stack.pop_back();
    const Value a = std::move(stack.back());
    stack.pop_back();
    const Interval x = ends(a), y = ends(b);
    Value r;
    Interval i;
    const bool product = s.kind == Kind::multiply || s.kind == Kind::divide;
    if (!product && a.dimension != b.dimension) {
      const bool sum = s.kind == Kind::add || s.kind == Kind::subtract;
      problem = fmt::format("{} and {} are {} in '{}'", Dimension(a.dimension).view(), Dimension(b.dimension).view(), sum ? "added" : "compared", text_);
      return {};
    }
    switch (s.kind) {
      case Kind::add: r.number = a.number + b.number, r.dimension = a.dimension, i = {x.low + y.low, x.high + y.high}; break;
      case Kind::subtract: r.number = a.number - b.number, r.dimension = a.dimension, i = {x.low - y.high, x.high - y.low}; break;
      case Kind::minimum: r.number = std::min(a.number, b.number), r.dimension = a.dimension, i = {std::min(x.low, y.low), std::min(x.high, y.high)}; break;
      case Kind::maximum: r.number = std::max(a.number, b.number), r.dimension = a.dimension, i = {std::max(x.low, y.low), std::max(x.high, y.high)}; break;
      case Kind::multiply:
        r.number = a.number * b.number, r.dimension = combine(a.dimension, b.dimension, 1);
        i = hull(x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high);
        break;
      default:
        r.number = a.number / b.number, r.dimension = combine(a.dimension, b.dimension, -1);
        i = hull(x.low / y.low, x.low / y.high, x.high / y.low, x.high / y.high);
    }
    if (a.interval || b.interval) r.interval = i;
    stack.push_back(std::move(r));
  }
  if (stack.size() != 1 || !std::isfinite(stack[0].number)) {
    problem = fmt::format("'{}' has no finite value", text_);
    return {};
  }
  return std::move(stack[0]);
}

}  // namespace mlsysim::validation
