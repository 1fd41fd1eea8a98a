#pragma once
/// \file
/// Money: renting, owning, and what a unit of useful work costs.
#include "mlsysim/equations/equation.hpp"

namespace mlsysim::eq {

/// Whole instances which hold the devices.
inline constexpr auto whole_instances = equation<double(double, double)>(
    "economics.instances", "definition", {"n", "d"}, [](auto n, auto d) { return ceil(n / d); });

/// Rent of `k` instances.
inline constexpr auto rent = equation<MoneyRate(double, MoneyRate)>(
    "economics.rent", "definition", {"k", "price"}, [](auto k, auto p) { return k * p; });

/// Straight-line depreciation over the service life, nothing left at its end. Source: Barroso, Hoelzle, Ranganathan, "The Datacenter as a
/// Computer", 3rd ed. 2018.
inline constexpr auto depreciation = equation<MoneyRate(double, Money, Time)>(
    "economics.depreciation", "barroso2018", {"k", "price", "life"}, [](auto k, auto p, auto l) { return k * p / l; });

/// Electricity of the facility. Source: Barroso 2018.
inline constexpr auto electricity = equation<MoneyRate(Power, double, EnergyPrice)>(
    "economics.electricity", "barroso2018", {"P_IT", "PUE", "price"}, [](auto p, auto u, auto e) { return p * u * e; });

/// Cost of one of `n` devices.
inline constexpr auto device_rate = equation<MoneyRate(MoneyRate, double)>(
    "economics.device_rate", "definition", {"c", "n"}, [](auto c, auto n) { return c / n; });

/// Hardware is paid for whether it works or not: useful time costs the more the less of it there is.
inline constexpr auto run_cost = equation<Money(MoneyRate, Time, double)>(
    "economics.cost", "definition", {"c", "T", "u"}, [](auto c, auto t, auto u) { return c * t / u; });

/// What an output token costs when a share `u` of the paid time is useful.
inline constexpr auto cost_per_token = equation<Quantity<"USD/token">(MoneyRate, TokenRate, double)>(
    "economics.cost_per_token", "definition", {"c", "X", "u"}, [](auto c, auto x, auto u) { return c / (x * u); });
/// What a request costs when a share `u` of the paid time is useful.
inline constexpr auto cost_per_request = equation<Quantity<"USD/request">(MoneyRate, RequestRate, double)>(
    "economics.cost_per_request", "definition", {"c", "X", "u"}, [](auto c, auto x, auto u) { return c / (x * u); });
/// What a sample costs when a share `u` of the paid time is useful.
inline constexpr auto cost_per_sample = equation<Quantity<"USD/sample">(MoneyRate, SampleRate, double)>(
    "economics.cost_per_sample", "definition", {"c", "X", "u"}, [](auto c, auto x, auto u) { return c / (x * u); });

}  // namespace mlsysim::eq
