// The textbook: every equation with its formula, as LaTeX and as plain text, and the publication it is from.
#include <cstdio>

#include "mlsysim/equations/catalogue.hpp"

int main() {
  for (mlsysim::EquationInfo const& e : mlsysim::all_equations()) {
    std::printf("%.*s\t%s\t%s\t%.*s\n", static_cast<int>(e.id.size()), e.id.data(), e.formula(true).c_str(), e.formula().c_str(),
                static_cast<int>(e.cites.size()), e.cites.data());
  }
}
