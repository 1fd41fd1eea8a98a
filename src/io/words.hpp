#pragma once
// How dimensions are spoken of in messages and in the schema.
#include <string>
#include <string_view>

#include "mlsysim/units/unit.hpp"

namespace mlsysim::io {

/// `a bandwidth (B/s)`, `data (B)`, `a plain number`.
std::string with_article(Dimension const& d);

/// A unit people write for this dimension.
std::string_view example_unit(Dimension const& d, bool bits);

/// Beyond this no machine, site or run exists; a value above it is a slip of the prefix. Base units.
double absurd_above(Dimension const& d);

/// `bytes per second` or `bits per second` where the dimension is a bandwidth, else `bytes` or `bits`.
std::string_view bytes_in_words(Dimension const& d);
std::string_view bits_in_words(Dimension const& d);

/// Counts in bits with the usual prefix: `400 Gbit/s`, `5120 bit`.
std::string in_bits_text(double base_value, Dimension const& d);

}  // namespace mlsysim::io
