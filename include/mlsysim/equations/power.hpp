#pragma once
/// \file
/// What a device draws: a constant part, and the energy of every operation and of every byte moved.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Energy of work `W` at `e` per operation (Choi, Bedard, Fowler, Vuduc 2013, "A roofline model of energy").
inline constexpr auto operation_energy = equation<Energy(EnergyPerWork, Work)>("power.operation_energy", "choi2013", {"e_W", "W"}, [](auto e, auto w) { return e * w; });
/// Energy of moving data `Q` between main memory and registers, at `e` per byte (Choi et al. 2013).
inline constexpr auto traffic_energy = equation<Energy(EnergyPerData, Data)>("power.traffic_energy", "choi2013", {"e_Q", "Q"}, [](auto e, auto q) { return e * q; });
/// Energy of one operation of units which draw the whole design power above idle where they run at their peak `P`: what the design power is stated for.
/// A first-order assumption, by which a format with half the bits and twice the rate draws the same power.
inline constexpr auto unit_energy = equation<EnergyPerWork(Power, Power, ComputeRate)>("power.unit_energy", "assumption", {"P_tdp", "P_idle", "P"}, [](auto t, auto i, auto p) { return (t - i) / p; });
/// Mean power over a time `t` in which energy `E` is spent beside what is drawn at rest. Clocks fall before it exceeds the design power.
inline constexpr auto drawn_power = equation<Power(Power, Power, Energy, Time)>("power.drawn", "choi2013", {"P_idle", "P_tdp", "E", "t"}, [](auto i, auto d, auto e, auto t) { return min(i + e / t, d); });

}  // namespace mlsysim::eq
