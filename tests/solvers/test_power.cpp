#include <doctest/doctest.h>

#include <algorithm>

#include "mlsysim/solvers/power.hpp"
#include "solvers/textbook.hpp"

using namespace mlsysim;
using namespace mlsysim::solvers;

namespace {

/// 700 W, of which it draws 70 at rest, behind 3.35 TB/s of HBM.
hardware::Device gpu() {
  hardware::Device d = textbook::accelerator();
  d.family = "hopper";
  d.power.tdp = Sourced<Power>{700 * unit<"W">, {}};
  d.power.idle = Sourced<Power>{70 * unit<"W">, {}};
  d.memory.hbm.emplace();
  d.memory.hbm->bandwidth = Sourced<Bandwidth>{3.35 * unit<"TB/s">, {}};
  return d;
}

PassPrice pass(double terabytes, double teraflop, double milliseconds) {
  PassPrice p;
  p.main_bytes = {terabytes * unit<"TB">, {}}, p.bytes = p.main_bytes;
  p.vector_work = {teraflop * unit<"TFLOP">, {}};
  p.products = {milliseconds * unit<"ms">, {}};
  return p;
}

double watts(PassPrice const& p, double milliseconds) {
  Ledger quiet;
  const Sourced<Time> t{milliseconds * unit<"ms">, {}};
  return (energy_of(gpu(), p, t, quiet)->value / t.value).in(unit<"W">);
}

}  // namespace

TEST_CASE("an H100 which reads 2.93 TB/s draws nearly what was measured, 538 W, and rests at 117 W") {
  Ledger quiet;
  CHECK(awake_power(gpu(), quiet).value.in(unit<"W">) == doctest::Approx(117).epsilon(0.01));
  CHECK(watts(pass(2.93, 0, 0), 1000) == doctest::Approx(538).epsilon(0.08));
  CHECK(streaming_power(gpu(), {2.93 / 3.35, {}}, quiet).value.in(unit<"W">) == doctest::Approx(watts(pass(2.93, 0, 0), 1000)));
}

TEST_CASE("products without pause draw the design power, half the time half of what is above awake, and nothing draws more") {
  const double awake = watts(pass(0, 0, 0), 10);
  CHECK(watts(pass(0, 0, 10), 10) == doctest::Approx(700));
  CHECK(watts(pass(0, 0, 5), 10) == doctest::Approx((awake + 700) / 2));
  CHECK(watts(pass(1, 10, 10), 10) == doctest::Approx(700));
  CHECK(watts(pass(0.01, 0.1, 2), 10) > watts(pass(0.005, 0.1, 2), 10));
}

TEST_CASE("without a known energy of its memory a device has no energies, and is only idle where nothing says more") {
  hardware::Device d = gpu();
  d.memory.hbm.reset();
  Ledger quiet;
  CHECK_FALSE(energy_of(d, pass(1, 1, 1), {1 * unit<"s">, {}}, quiet));
  CHECK(awake_power(d, quiet).value.in(unit<"W">) == doctest::Approx(70));
}
