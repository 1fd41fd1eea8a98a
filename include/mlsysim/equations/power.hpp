#pragma once
/// \file
/// What a device draws: a constant part, and the energy of every operation and of every byte moved.
#include "mlsysim/equations/functions.hpp"

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
/// Clock which a device of `n` units holds under its power limit while it multiplies without pause, from a device of the same family which was
/// measured: dynamic power is that of switched capacitance, C V^2 f, and voltage rises with the clock, so each unit draws as the cube of it.
/// Source: Chandrakasan 1992 (dynamic power); that V is in proportion to f is a first-order assumption.
inline constexpr auto sustained_clock = equation<Frequency(Frequency, Frequency, Power, Power, double, Power, Power, double)>(
    "power.sustained_clock", "chandrakasan1992", {"f_max", "f_r", "P", "P_0", "n", "P_r", "P_0r", "n_r"},
    [](auto most, auto f, auto p, auto i, auto n, auto pr, auto ir, auto nr) { return min(most, f * cube_root((p - i) * nr / ((pr - ir) * n))); });
/// How much less of its peak clock a device holds than the measured one did of its own, f / f_max over f_r / f_r,max; 1 where it holds as much.
inline constexpr auto clock_share = equation<double(Frequency, Frequency, Frequency, Frequency)>(
    "power.clock_share", "definition", {"f", "f_max", "f_r", "f_rmax"}, [](auto f, auto m, auto r, auto n) { return min(f / m / (r / n), 1.0); });

}  // namespace mlsysim::eq
