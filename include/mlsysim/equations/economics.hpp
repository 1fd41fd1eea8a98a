#pragma once
/// \file
/// Money: renting, owning, and what a unit of useful work costs.
#include "mlsysim/equations/functions.hpp"

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

/// What is left to pay off when a share `r` of the price comes back at the end.
inline constexpr auto price_to_pay_off = equation<Money(Money, double)>(
    "economics.price_to_pay_off", "definition", {"price", "r"}, [](auto p, auto r) { return p * (1 - r); });

/// Equal payments which cover price and interest `i` per year over the service life: the annuity.
/// Source: Barroso 2018, chapter 6 (loan amortisation).
inline constexpr auto annuity = equation<MoneyRate(double, Money, double, Time, Time)>(
    "economics.annuity", "barroso2018", {"k", "price", "i", "life", "year"},
    [](auto k, auto p, auto i, auto l, auto y) { return k * p * i / (1 - pow(1 + i, -1 * (l / y))) / y; });

/// Switches, cables and adapters as a share of the price of the hardware they connect.
inline constexpr auto network_price = equation<Money(Money, double)>(
    "economics.network_price", "definition", {"price", "n"}, [](auto p, auto n) { return p * n; });

/// The building with its power and cooling, paid for by the power it can deliver. Source: Barroso 2018, chapter 6.
inline constexpr auto facility = equation<MoneyRate(Power, Quantity<"USD/W">, Time)>(
    "economics.facility", "barroso2018", {"P_IT", "price", "life"}, [](auto p, auto c, auto l) { return p * c / l; });

/// Repairs and spare parts, as a share of the price per year. Source: Barroso 2018, chapter 6.
inline constexpr auto maintenance = equation<MoneyRate(double, Money, double, Time)>(
    "economics.maintenance", "barroso2018", {"k", "price", "m", "year"}, [](auto k, auto p, auto m, auto y) { return k * p * m / y; });

/// Storing data.
inline constexpr auto storage_cost = equation<MoneyRate(Data, Quantity<"USD/B/s">)>(
    "economics.storage", "definition", {"S", "price"}, [](auto s, auto p) { return s * p; });

/// Carrying data out of a provider's network.
inline constexpr auto egress_cost = equation<Money(Data, Quantity<"USD/B">)>(
    "economics.egress", "definition", {"S", "price"}, [](auto s, auto p) { return s * p; });

/// Utilisation above which owning is cheaper than renting only the useful time.
inline constexpr auto break_even_utilisation = equation<double(MoneyRate, MoneyRate)>(
    "economics.break_even_utilisation", "definition", {"c_own", "c_rent"}, [](auto o, auto r) { return o / r; });

/// Time after which the price of buying is saved, when a share `u` of it would be rented.
inline constexpr auto break_even_time = equation<Time(Money, MoneyRate, double, MoneyRate)>(
    "economics.break_even_time", "definition", {"capex", "c_rent", "u", "c_running"}, [](auto k, auto r, auto u, auto o) { return k / (r * u - o); });

/// Price of buying `k` units.
inline constexpr auto purchase = equation<Money(double, Money)>(
    "economics.purchase", "definition", {"k", "price"}, [](auto k, auto p) { return k * p; });

/// A bill which has been paid once, beside what runs.
inline constexpr auto total_cost = equation<Money(Money, Money)>(
    "economics.total", "definition", {"c_1", "c_2"}, [](auto a, auto b) { return a + b; });

/// Electricity of the facility. Source: Barroso 2018.
inline constexpr auto electricity = equation<MoneyRate(Power, double, EnergyPrice)>(
    "economics.electricity", "barroso2018", {"P_IT", "PUE", "price"}, [](auto p, auto u, auto e) { return p * u * e; });

/// Cost of one of `n` devices.
inline constexpr auto device_rate = equation<MoneyRate(MoneyRate, double)>(
    "economics.device_rate", "definition", {"c", "n"}, [](auto c, auto n) { return c / n; });

/// Hardware is paid for whether it works or not: useful time costs the more the less of it there is.
inline constexpr auto run_cost = equation<Money(MoneyRate, Time, double)>(
    "economics.cost", "definition", {"c", "T", "u"}, [](auto c, auto t, auto u) { return c * t / u; });

/// Useful share of the paid time where interruptions take a part of what would be useful.
inline constexpr auto useful_share = equation<double(double, double)>(
    "economics.useful_share", "definition", {"u", "g"}, [](auto u, auto g) { return u * g; });

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
