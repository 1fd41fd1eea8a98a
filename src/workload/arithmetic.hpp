#pragma once
// Sourced arithmetic for lowering: shapes multiply through equations, so that a derivation reaches the architecture.
#include "mlsysim/equations/transformer.hpp"
#include "mlsysim/workload/operator.hpp"

namespace mlsysim::workload {

class Arithmetic {
 public:
  explicit Arithmetic(Ledger& ledger) : ledger_{ledger} {}

  Real times(Real a, Real b) const {
    if (a.value == 1 && a.origin.kind() == Origin::Kind::unknown) return b;
    if (b.value == 1 && b.origin.kind() == Origin::Kind::unknown) return a;
    return eq::product.with(ledger_, a, b);
  }
  template <class... More>
  Real times(Real a, Real b, More... more) const {
    return times(times(a, b), more...);
  }
  Real over(Real a, Real b) const { return b.value == 1 ? a : eq::quotient.with(ledger_, a, b); }
  Real add(Real a, Real b) const {
    if (a.value == 0) return b;
    if (b.value == 0) return a;
    return eq::plus.with(ledger_, a, b);
  }
  Real add(Count a, Count b) const { return add(Real(a), Real(b)); }
  Sourced<Data> tensor(Real n, Precision p) const { return eq::tensor_size.with(ledger_, n, {size_of(p), {}}); }
  Ledger& ledger() const { return ledger_; }

 private:
  Ledger& ledger_;
};

/// Spatial output of a row of a layered model.
struct Extent {
  double height = 1, width = 1;
};
Extent output_of(LayerRow const& row);
/// Tokens of an image model's sequence.
Real image_tokens(Patches const& patches, Arithmetic const& a);

}  // namespace mlsysim::workload
