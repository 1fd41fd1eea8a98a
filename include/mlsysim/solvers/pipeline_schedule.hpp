#pragma once
/// \file
/// The order in which pipeline ranks work off micro-batches, and when each piece starts and ends.
#include <vector>

#include "mlsysim/describe/timeline.hpp"
#include "mlsysim/systems/cluster.hpp"
#include "mlsysim/workload/model.hpp"

namespace mlsysim::solvers {

/// Layers which can be dealt to pipeline ranks; none for models which are not a plain stack.
std::optional<Count> stack_layers(workload::Model const& model);

/// Layers of every pipeline rank, first rank first: those which the plan lists, or else dealt so that the ends, which have embedding and head besides,
/// never hold more than the middle. Where training predicts further tokens, each such module is a layer and a head on the last rank, and plans count the
/// head of the model as one more (Megatron-LM, account_for_loss_in_pipeline_split; DeepSeek-AI 2024, section 2.2). Empty for models which are no stack.
std::vector<Count> layers_of_ranks(workload::Model const& model, systems::Parallel const& parallel);

/// Times of one micro-batch on one rank, all its chunks together.
struct StageTimes {
  Time forward{};          ///< with the communication inside its layers
  Time backward{};         ///< gradients of inputs, with what is computed again
  Time weight_gradient{};  ///< gradients of weights
};

/// A step to be laid out.
struct ScheduleInput {
  systems::Schedule schedule = systems::Schedule::one_f_one_b;  ///< order of the pieces
  int micro_batches = 1;           ///< at least 1; a multiple of the ranks where chunks are interleaved
  int chunks = 1;                  ///< per rank; more than one interleaves 1F1B
  std::vector<StageTimes> ranks;   ///< first rank first, at least one
  Time message{};                  ///< from rank to rank
  Time gradients{};                ///< exposed communication between replicas, after the last backward pass
  Time optimizer{};                ///< after that
};

/// A step, laid out.
struct ScheduleResult {
  std::vector<Timeline::Lane> lanes;  ///< one for each rank
  std::vector<int> in_flight;         ///< of each rank: most chunks of micro-batches whose activations are held at once
  Time length{};                      ///< until the last optimizer has finished
  Time pipeline{};                    ///< until the last backward pass has finished
};

/// Starts every piece as soon as its rank is free and what it needs has arrived, in the order of the schedule: all forward passes first
/// (GPipe: Huang et al. 2019), one forward, one backward (Narayanan et al. 2019, 2021, interleaved as in Megatron-LM), or with gradients of
/// weights put off to fill the bubble (ZB-H1: Qi et al. 2023). Takes time and memory in proportion to ranks x micro-batches x chunks.
/// \pre the ranks of `ScheduleInput` are consistent with its counts
ScheduleResult lay_out(ScheduleInput const& in);

}  // namespace mlsysim::solvers
