#include "mlsysim/equations/equation.hpp"

#include "mlsysim/units/text.hpp"

namespace mlsysim {
namespace {

std::string enclose(Symbol const& x, int needed) { return x.rank < needed ? "(" + x.text + ")" : x.text; }

Symbol call(std::string_view name, std::string_view latex_name, std::string const& arguments, bool latex) {
  return {std::string(latex ? latex_name : name) + "(" + arguments + ")", 3, latex};
}

}  // namespace

Symbol literal(double value, bool latex) { return {shortest(value), 3, latex}; }

Symbol operator+(Symbol a, Symbol b) { return {a.text + " + " + b.text, 1, a.latex}; }
Symbol operator-(Symbol a, Symbol b) { return {a.text + " - " + enclose(b, 2), 1, a.latex}; }
Symbol operator*(Symbol a, Symbol b) {
  return {enclose(a, 2) + (a.latex ? " \\cdot " : " * ") + enclose(b, 2), 2, a.latex};
}
Symbol operator/(Symbol a, Symbol b) {
  if (a.latex) return {"\\frac{" + a.text + "}{" + b.text + "}", 2, true};
  return {enclose(a, 2) + " / " + enclose(b, 3), 2, false};
}
Symbol max(Symbol a, Symbol b) { return call("max", "\\max", a.text + ", " + b.text, a.latex); }
Symbol min(Symbol a, Symbol b) { return call("min", "\\min", a.text + ", " + b.text, a.latex); }
Symbol ceil(Symbol a) {
  if (a.latex) return {"\\lceil " + a.text + " \\rceil", 3, true};
  return call("ceil", "", a.text, false);
}
Symbol sqrt(Symbol a) {
  if (a.latex) return {"\\sqrt{" + a.text + "}", 3, true};
  return call("sqrt", "", a.text, false);
}

}  // namespace mlsysim
