#pragma once
/// \file
/// What a device draws: a constant part, and the energy of every operation and of every byte moved.
#include "mlsysim/equations/functions.hpp"

namespace mlsysim::eq {

/// Power of a device at work before anything moves: idling, and the share `s` of its design power for its clocks.
inline constexpr auto awake_power = equation<Power(Power, Power, double)>(
    "power.awake", "definition", {"P_idle", "P_tdp", "s"}, [](auto i, auto p, auto s) { return i + s * p; });
/// Energy of a device over a pass of time `t`: awake all the while, moving `Q` bytes, `W` operations outside of matrix units, and products for `t_c`, at the
/// speed which they reach and which takes all of the device's power; never more than that. Energies of bytes and of operations beside a constant power:
/// Choi, Bedard, Fowler, Vuduc, "A roofline model of energy", IPDPS 2013.
inline constexpr auto busy_energy = equation<Energy(Power, Time, EnergyPerData, Data, EnergyPerWork, Work, Power, Time)>(
    "energy.busy", "choi2013", {"P_awake", "t", "e_byte", "Q", "e_W", "W", "P_tdp", "t_c"},
    [](auto i, auto t, auto e, auto q, auto v, auto w, auto p, auto c) { return min(p * t, i * t + e * q + v * w + (p - i) * c); });
/// Power of a device which streams through its memory at the share `eta` of its bandwidth `B`.
inline constexpr auto streaming_power = equation<Power(Power, EnergyPerData, Bandwidth, double, Power)>(
    "power.streaming", "choi2013", {"P_awake", "e_byte", "B", "eta", "P_tdp"}, [](auto i, auto e, auto b, auto s, auto p) { return min(i + e * b * s, p); });
/// Mean power of a pass.
inline constexpr auto pass_power = equation<Power(Energy, Time)>("power.pass", "definition", {"E", "t"}, [](auto e, auto t) { return e / t; });
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
