#pragma once
/// \file
/// What happens when, lane by lane; `render/` draws it.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlsysim {

/// Lanes of slots over one axis of time.
struct Timeline {
  /// What a slot is spent on.
  enum class Kind : std::uint8_t {
    forward,          ///< of one micro-batch
    backward,         ///< gradients of inputs, and of weights where these are not apart
    weight_gradient,  ///< gradients of weights alone
    communication,    ///< of gradients and parameters between replicas
    optimizer,        ///< reading and writing its state
  };
  /// One piece of work; what no slot covers is idle.
  struct Slot {
    double start = 0, end = 0;  ///< seconds
    Kind kind = Kind::forward;  ///< what it is spent on
    int micro_batch = -1;  ///< from 0; negative: none
    int chunk = 0;         ///< of an interleaved schedule
  };
  /// A pipeline rank.
  struct Lane {
    std::string name;         ///< shown before the lane
    std::vector<Slot> slots;  ///< in order of time, without overlap
    double busy = 0;          ///< sum of the slots, seconds
  };
  std::string title;     ///< one line
  std::string subtitle;  ///< one line
  double length = 0;     ///< seconds
  std::vector<Lane> lanes;  ///< from top to bottom
};

/// Short word for a kind of slot.
std::string_view name(Timeline::Kind kind);

}  // namespace mlsysim
