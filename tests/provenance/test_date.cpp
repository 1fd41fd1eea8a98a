#include <doctest/doctest.h>

#include "mlsysim/provenance/date.hpp"

using namespace mlsysim;

TEST_CASE("a date is a year, a month or a day") {
  for (auto good : {"2021", "2024-06", "2026-08-26"}) CHECK(is_date(good));
  for (auto bad : {"", "21", "2021-", "2021-13", "2021-00", "2024-06-32", "2024/06", "yesterday", "2024-6", "20240", "2024-06-0a"}) CHECK_FALSE(is_date(bad));
}

TEST_CASE("a year or a month counts from its end, so nothing is old before all of it is") {
  CHECK_FALSE(older_than("2025", "2026-12-31", 1));
  CHECK(older_than("2025", "2027-01-01", 1));
  CHECK_FALSE(older_than("2025-11", "2026-11-20", 1));
  CHECK(older_than("2025-10", "2026-11-20", 1));
  CHECK_FALSE(older_than("2025-11-20", "2026-11-20", 1));
  CHECK(older_than("2025-11-19", "2026-11-20", 1));
  CHECK_FALSE(older_than("2023", "2026-11-20", 3));
  CHECK(older_than("2022", "2026-11-20", 3));
}

TEST_CASE("what is dated later than today is not old") { CHECK_FALSE(older_than("2030", "2026-11-20", 1)); }

TEST_CASE("an age counts whole months from the end of a date") {
  CHECK(months_between("2026-07", "2026-11-30") == 3);
  CHECK(months_between("2026-07-20", "2026-11-20") == 4);
  CHECK(months_between("2026-07-20", "2026-11-19") == 3);
  CHECK(months_between("2023", "2026-11-20") == 34);
  CHECK(months_between("2026", "2026-11-20") == 0);
  CHECK(months_in_words(0) == "less than a month");
  CHECK(months_in_words(1) == "1 month");
  CHECK(months_in_words(12) == "1 year");
  CHECK(months_in_words(27) == "2 years 3 months");
}
