#pragma once
/// \file
/// Dates of data: a year, a month or a day.
#include <string>
#include <string_view>

namespace mlsysim {

/// `2021`, `2024-06` or `2026-08-26`.
bool is_date(std::string_view text);

/// Whether data of `as_of` are more than `years` old on the day `today`. A year or a month counts from its end, so nothing is called
/// old before all of it is. Both must be dates.
bool older_than(std::string_view as_of, std::string_view today, int years);

/// Whole months from the end of `as_of` to the day `today`, at least 0. Both must be dates.
int months_between(std::string_view as_of, std::string_view today);
/// `4 months`, `1 year`, `2 years 3 months`; `less than a month` for 0.
std::string months_in_words(int months);

}  // namespace mlsysim
