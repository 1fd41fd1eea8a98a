#pragma once
/// \file
/// Energy, carbon, water, batteries.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// What a node draws beside its devices: fans, host, network.
inline constexpr auto node_overhead = equation<Power(Power, double, Power)>(
    "energy.node_overhead", "definition", {"P_node", "d", "TDP"}, [](auto p, auto d, auto t) { return max(p, d * t) - d * t; });

/// Devices, and what their nodes draw beside them.
inline constexpr auto it_power = equation<Power(double, Power, double, Power)>(
    "energy.it_power", "definition", {"n", "P_device", "N", "P_overhead"},
    [](auto n, auto p, auto k, auto o) { return n * p + k * o; });

/// Energy before PUE.
inline constexpr auto it_energy = equation<Energy(Power, Time)>(
    "energy.it_energy", "definition", {"P_IT", "T"}, [](auto p, auto t) { return p * t; });

/// Power usage effectiveness. Source: ISO/IEC 30134-2:2016.
inline constexpr auto facility_energy = equation<Energy(Energy, double)>(
    "energy.facility_energy", "iso30134_2", {"E_IT", "PUE"}, [](auto e, auto p) { return e * p; });

/// Source: Greenhouse Gas Protocol, Scope 2 Guidance, 2015; Patterson et al., arXiv:2104.10350.
inline constexpr auto operational_carbon = equation<Carbon(Energy, GridIntensity)>(
    "carbon.operational", "ghg_scope2", {"E", "I"}, [](auto e, auto i) { return e * i; });

/// What emissions cost where they have a price.
inline constexpr auto carbon_cost = equation<Money(Carbon, Quantity<"USD/gCO2e">)>(
    "carbon.cost", "definition", {"C", "price"}, [](auto c, auto p) { return c * p; });

/// Mean of `h` hours whose intensities add up to `I_sum`.
inline constexpr auto mean_intensity = equation<GridIntensity(GridIntensity, double)>(
    "carbon.mean_intensity", "definition", {"I_sum", "h"}, [](auto i, auto h) { return i / h; });

/// Share of the carbon which is saved by running at other hours or in another place.
inline constexpr auto carbon_saving = equation<double(Carbon, Carbon)>(
    "carbon.saving", "definition", {"C_0", "C"}, [](auto b, auto a) { return 1 - a / b; });

/// Time on the clock of a run which works `h` hours of each day.
inline constexpr auto shifted_time = equation<Time(Time, double)>(
    "carbon.shifted_time", "definition", {"T", "h"}, [](auto t, auto h) { return t * 24 / h; });

/// Share of the carbon of manufacturing which falls on `T` of useful time. Source: Gupta et al., "ACT", ISCA 2022.
inline constexpr auto embodied_carbon = equation<Carbon(double, Carbon, Time, Time, double)>(
    "carbon.embodied", "gupta2022", {"k", "C", "T", "life", "u"},
    [](auto k, auto c, auto t, auto l, auto u) { return k * c * (t / (l * u)); });

/// Water usage effectiveness counts IT energy. Source: ISO/IEC 30134-9:2022.
inline constexpr auto site_water = equation<Water(Energy, WaterPerEnergy)>(
    "water.site", "iso30134_9", {"E_IT", "WUE"}, [](auto e, auto w) { return e * w; });

/// Water used in generating the electricity. Source: Li et al., "Making AI Less Thirsty", arXiv:2304.03271.
inline constexpr auto grid_water = equation<Water(Energy, WaterPerEnergy)>(
    "water.grid", "li2023", {"E", "EWIF"}, [](auto e, auto w) { return e * w; });

/// Facility energy of a run over the tokens it made.
inline constexpr auto metered_energy_per_token = equation<Quantity<"J/token">(Energy, Tokens)>(
    "energy.metered_per_token", "definition", {"E", "D"}, [](auto e, auto d) { return e / d; });
/// Facility energy of a run over the requests it served.
inline constexpr auto metered_energy_per_request = equation<Quantity<"J/request">(Energy, Requests)>(
    "energy.metered_per_request", "definition", {"E", "D"}, [](auto e, auto d) { return e / d; });
/// Facility energy of a run over the samples it processed.
inline constexpr auto metered_energy_per_sample = equation<Quantity<"J/sample">(Energy, Samples)>(
    "energy.metered_per_sample", "definition", {"E", "D"}, [](auto e, auto d) { return e / d; });
/// Carbon of a run over the tokens it made.
inline constexpr auto carbon_per_token = equation<Quantity<"gCO2e/token">(Carbon, Tokens)>(
    "carbon.per_token", "definition", {"C", "D"}, [](auto c, auto d) { return c / d; });
/// Carbon of a run over the requests it served.
inline constexpr auto carbon_per_request = equation<Quantity<"gCO2e/request">(Carbon, Requests)>(
    "carbon.per_request", "definition", {"C", "D"}, [](auto c, auto d) { return c / d; });
/// Carbon of a run over the samples it processed.
inline constexpr auto carbon_per_sample = equation<Quantity<"gCO2e/sample">(Carbon, Samples)>(
    "carbon.per_sample", "definition", {"C", "D"}, [](auto c, auto d) { return c / d; });

/// Share of the time a device is awake.
inline constexpr auto duty = equation<double(SampleRate, Time)>(
    "battery.duty", "definition", {"lambda", "t"}, [](auto l, auto t) { return l * t * unit<"1/sample">; });

/// Mean power of inferences alone.
inline constexpr auto active_power = equation<Power(SampleRate, Quantity<"J/sample">)>(
    "battery.active_power", "definition", {"lambda", "E"}, [](auto l, auto e) { return l * e; });

/// Mean power: awake as often as asked, asleep for the rest of the time.
inline constexpr auto duty_cycled_power = equation<Power(Power, double, Power)>(
    "battery.power", "definition", {"P_active", "D", "P_sleep"}, [](auto p, auto d, auto s) { return p + (1 - d) * s; });

/// Time on one charge, without self-discharge or ageing.
inline constexpr auto battery_life = equation<Time(Energy, Power)>(
    "battery.life", "definition", {"E_battery", "P"}, [](auto e, auto p) { return e / p; });

/// Energy of one day.
inline constexpr auto energy_per_day = equation<Energy(Power)>(
    "battery.energy_per_day", "definition", {"P"}, [](auto p) { return p * 86400 * unit<"s">; });

}  // namespace mlsysim::eq
