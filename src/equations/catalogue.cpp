#include "mlsysim/equations/catalogue.hpp"

#include "mlsysim/equations/collectives.hpp"
#include "mlsysim/equations/compression.hpp"
#include "mlsysim/equations/data.hpp"
#include "mlsysim/equations/economics.hpp"
#include "mlsysim/equations/memory.hpp"
#include "mlsysim/equations/pipeline.hpp"
#include "mlsysim/equations/power.hpp"
#include "mlsysim/equations/queueing.hpp"
#include "mlsysim/equations/rates.hpp"
#include "mlsysim/equations/reliability.hpp"
#include "mlsysim/equations/roofline.hpp"
#include "mlsysim/equations/scaling.hpp"
#include "mlsysim/equations/serving.hpp"
#include "mlsysim/equations/serving_load.hpp"
#include "mlsysim/equations/sustainability.hpp"
#include "mlsysim/equations/tail.hpp"
#include "mlsysim/equations/tiling.hpp"
#include "mlsysim/equations/training.hpp"
#include "mlsysim/equations/transformer.hpp"

namespace mlsysim {

std::vector<EquationInfo> all_equations() {
  return {
      // transformer.hpp
      eq::gemm_work.info(), eq::attention_work.info(), eq::full_pairs.info(), eq::causal_pairs.info(),
      eq::window_pairs.info(), eq::causal_window_pairs.info(), eq::experts_visited.info(), eq::tensor_size.info(), eq::bits_to_bytes.info(),
      eq::elementwise_work.info(), eq::product.info(), eq::quotient.info(), eq::plus.info(), eq::matrix_parameters.info(),
      eq::kv_per_token.info(), eq::latent_per_token.info(), eq::kv_size.info(),
      // tiling.hpp
      eq::tiles.info(), eq::grouped_tiles.info(), eq::tile_share.info(), eq::wave_share.info(), eq::depth_ramp.info(), eq::shape_efficiency.info(), eq::causal_share.info(), eq::exponential_time.info(), eq::winograd_work.info(), eq::winograd_data.info(), eq::transform_data.info(),
      // roofline.hpp
      eq::compute_time.info(), eq::memory_time.info(), eq::roofline_time.info(), eq::serial_time.info(), eq::cache_time.info(), eq::cache_misses.info(), eq::slowest_level.info(), eq::dequantization_work.info(), eq::host_time.info(), eq::host_bound.info(), eq::intensity.info(), eq::ridge.info(),
      eq::mfu.info(), eq::compute_utilisation.info(), eq::mbu.info(), eq::repeated_work.info(), eq::repeated_data.info(), eq::repeated_time.info(),
      eq::operator_data.info(), eq::sample_rate.info(), eq::token_rate.info(), eq::mean_power.info(), eq::pass_energy.info(),
      // power.hpp
      eq::operation_energy.info(), eq::traffic_energy.info(), eq::unit_energy.info(), eq::drawn_power.info(), eq::sustained_clock.info(), eq::clock_share.info(),
      // memory.hpp
      eq::sharded_parameters.info(), eq::sharded_expert_parameters.info(), eq::state_size.info(), eq::layer_activations_sequence_parallel.info(),
      eq::layer_activations.info(), eq::token_whole.info(), eq::token_attention.info(), eq::token_scores.info(), eq::token_mlp.info(), eq::token_alternate.info(),
      eq::token_experts.info(), eq::mean_layer.info(), eq::layer_inputs.info(), eq::head_activations.info(), eq::stage_activations.info(), eq::interleaved_in_flight.info(),
      eq::cache_of_batch.info(), eq::scaled.info(), eq::left.info(), eq::resident_weights.info(), eq::streamed_weights.info(), eq::streaming_time.info(), eq::streaming_bound.info(),
      // collectives.hpp
      eq::port_rate.info(), eq::node_share.info(), eq::measured_share.info(), eq::oversubscribed_share.info(), eq::mesh_share.info(),
      eq::ranks_per_node.info(), eq::group_nodes.info(), eq::leaf_nodes.info(), eq::dragonfly_group_nodes.info(), eq::dragonfly_detour.info(), eq::site_devices.info(), eq::group_sites.info(), eq::in_network_all_reduce.info(),
      eq::size_bandwidth.info(), eq::started.info(), eq::flat_ring_all_reduce.info(), eq::flat_ring_all_gather.info(), eq::node_tree_all_reduce.info(), eq::torus_axes.info(), eq::torus_share.info(), eq::torus_all_reduce.info(), eq::torus_all_gather.info(), eq::torus_bisection.info(), eq::bisection_all_to_all.info(), eq::narrower_cut.info(),
      eq::bisection.info(),
      eq::achieved_bandwidth.info(), eq::step_latency.info(), eq::point_to_point.info(), eq::ring_all_reduce.info(),
      eq::ring_all_gather.info(), eq::tree_all_reduce.info(), eq::tree_broadcast.info(), eq::all_to_all_inside.info(),
      eq::all_to_all_between.info(), eq::flat_ring_bandwidth.info(), eq::node_shard.info(),
      // pipeline.hpp
      eq::micro_batches.info(), eq::replicas.info(), eq::stride.info(), eq::head_parameters.info(), eq::layer_parameters.info(),
      eq::stage_parameters.info(), eq::dense_parameters.info(), eq::sum_of_parameters.info(), eq::moe_stage_layers.info(),
      eq::micro_batch_tokens.info(), eq::half_window.info(), eq::stage_layers.info(), eq::routed_parameters.info(),
      eq::boundary_activations.info(), eq::dispatched_activations.info(), eq::forward_reductions.info(),
      eq::forward_exchanges.info(), eq::stage_boundaries.info(), eq::shard_bytes.info(), eq::repeated.info(),
      eq::bubble_fraction.info(), eq::bubble_over_ideal.info(), eq::bubble_time.info(), eq::any_slow.info(), eq::deciding_level.info(), eq::lognormal_scale.info(), eq::lognormal_quantile.info(), eq::exponential_quantile.info(), eq::exponential_maximum.info(), eq::weibull_quantile.info(), eq::stretched.info(), eq::zero_bubble_time.info(), eq::idle_share.info(), eq::idle_over_busy.info(), eq::part.info(), eq::context_tokens.info(), eq::context_before.info(), eq::ring_messages.info(), eq::ring_message.info(), eq::behind.info(), eq::without.info(), eq::imbalance_time.info(),
      eq::mean_stage_time.info(), eq::buckets.info(), eq::exposed_time.info(), eq::backward_share.info(),
      eq::forward_share.info(), eq::recomputed_work.info(), eq::stage_messages.info(), eq::layer_operations.info(),
      eq::per_micro_batch.info(), eq::all_ranks.info(), eq::optimizer_time.info(), eq::step_work.info(), eq::step_mfu.info(),
      eq::step_hfu.info(), eq::step_rate.info(), eq::step_token_rate.info(), eq::step_sample_rate.info(),
      eq::steps_for_tokens.info(), eq::steps_for_samples.info(), eq::run_time.info(), eq::run_work.info(), eq::six_nd_time.info(),
      eq::time_ratio.info(), eq::scaling_efficiency.info(), eq::step_power.info(),
      // training.hpp
      eq::expert_wait.info(), eq::experts_per_rank.info(), eq::nodes_reached.info(), eq::dispatch_between.info(), eq::scaling_traffic.info(), eq::elementwise_time.info(),
      eq::offload_time.info(), eq::host_update_time.info(), eq::units_taken.info(), eq::free_window.info(), eq::tensor_window.info(),
      eq::shard_replicas.info(), eq::gathered_keys.info(), eq::attention_factor.info(), eq::half_rate.info(), eq::sustained_share.info(),
      eq::frozen_step_work.info(), eq::algorithm_bandwidth.info(), eq::all_reduce_factor.info(), eq::gather_factor.info(), eq::bus_bandwidth.info(),
      // serving.hpp
      eq::mean_context.info(), eq::longest_context.info(), eq::replica_devices.info(), eq::mean_energy.info(),
      eq::stage_batch.info(), eq::engine_time.info(), eq::request_latency.info(), eq::request_throughput.info(), eq::output_throughput.info(),
      eq::all_replicas.info(), eq::user_token_rate.info(), eq::tpot.info(), eq::tpot_with_first.info(), eq::kv_budget.info(), eq::requests_which_fit.info(),
      eq::kv_capacity.info(), eq::request_energy.info(),
      eq::new_prompt_tokens.info(), eq::cached_prompt_tokens.info(), eq::prompt_iterations.info(), eq::chunk_context.info(), eq::chunk_room.info(), eq::accepted_tokens.info(), eq::speculative_step.info(), eq::relative_draft.info(), eq::time_per_accepted.info(), eq::speculative_speedup.info(), eq::output_steps.info(), eq::writing_requests.info(), eq::mixed_share.info(), eq::crowded_pieces.info(), eq::mean_iteration.info(), eq::mixed_latency.info(), eq::reading_load.info(), eq::loaded_ttft.info(), eq::reading_of_all.info(), eq::crowded_ttft.info(), eq::batch_iterations.info(), eq::batch_latency.info(), eq::batch_waves.info(), eq::batch_throughput.info(), eq::request_overhead.info(), eq::page_waste.info(), eq::requests_at_mean.info(), eq::cache_transfer.info(), eq::pool_link.info(), eq::prefill_rate.info(), eq::decode_rate.info(), eq::pool_rate.info(), eq::rate_per_device.info(), eq::both_pools.info(), eq::waiting_quantile.info(), eq::users_served.info(), eq::adapter_parameters.info(), eq::adapters_met.info(), eq::cost_of_part.info(), eq::cost_of_user.info(), eq::reading_share.info(), eq::busy_energy.info(), eq::rest.info(), eq::waiting_energy.info(), eq::energy_of_both.info(), eq::token_energy.info(), eq::input_token_energy.info(), eq::output_token_energy.info(), eq::user_energy.info(), eq::awake_power.info(), eq::serving_power.info(),
      // serving_load.hpp
      eq::prefill_share.info(), eq::stretched_itl.info(), eq::requests_decoding.info(), eq::ttft_in_balance.info(), eq::share_of_capacity.info(),
      // queueing.hpp
      eq::queue_utilisation.info(), eq::least_replicas.info(), eq::offered_load.info(), eq::waiting_probability.info(),
      eq::allen_cunneen_wait.info(), eq::response_time.info(), eq::gangs.info(), eq::cluster_utilisation.info(), eq::slowdown.info(),
      // reliability.hpp
      eq::observed_mtbf.info(), eq::fleet_mtbf.info(), eq::young_interval.info(), eq::daly_interval.info(), eq::goodput.info(),
      eq::checkpoint_share.info(), eq::restart_share.info(), eq::rework_share.info(), eq::wall_time.info(),
      eq::expected_failures.info(), eq::checkpoint_size.info(), eq::checkpoint_stop.info(), eq::spares_suffice.info(),
      // economics.hpp
      eq::whole_instances.info(), eq::rent.info(), eq::depreciation.info(), eq::electricity.info(), eq::device_rate.info(),
      eq::run_cost.info(), eq::price_to_pay_off.info(), eq::annuity.info(), eq::network_price.info(), eq::facility.info(), eq::maintenance.info(),
      eq::storage_cost.info(), eq::egress_cost.info(), eq::break_even_utilisation.info(), eq::break_even_time.info(), eq::purchase.info(), eq::useful_share.info(), eq::total_cost.info(), eq::cost_per_token.info(), eq::cost_per_request.info(), eq::cost_per_sample.info(),
      // sustainability.hpp
      eq::node_overhead.info(), eq::it_power.info(), eq::it_energy.info(), eq::facility_energy.info(),
      eq::operational_carbon.info(), eq::carbon_cost.info(), eq::mean_intensity.info(), eq::carbon_saving.info(), eq::shifted_time.info(), eq::embodied_carbon.info(), eq::site_water.info(), eq::grid_water.info(),
      eq::metered_energy_per_token.info(), eq::metered_energy_per_request.info(), eq::metered_energy_per_sample.info(),
      eq::carbon_per_token.info(), eq::carbon_per_request.info(), eq::carbon_per_sample.info(), eq::duty.info(),
      eq::active_power.info(), eq::duty_cycled_power.info(), eq::battery_life.info(), eq::energy_per_day.info(),
      // data.hpp
      eq::delivery_rate.info(), eq::joined_bandwidth.info(), eq::sequence_rate.info(), eq::preparation_rate.info(), eq::copy_rate.info(), eq::slower_stage.info(), eq::stall_share.info(), eq::stalled_time.info(),
      eq::workers_needed.info(), eq::bandwidth_needed.info(), eq::cache_needed.info(), eq::staging_time.info(),
      // scaling.hpp
      eq::additive_loss.info(), eq::joint_loss.info(), eq::training_budget.info(), eq::inference_budget.info(), eq::lifetime_budget.info(),
      eq::delivered_budget.info(), eq::rented_time.info(), eq::optimal_parameters.info(), eq::optimal_parameters_power.info(), eq::affordable_tokens.info(),
      eq::tokens_for_loss.info(), eq::tokens_per_parameter.info(), eq::compute_ratio.info(), eq::compute_saving.info(), eq::repeated_coverage.info(), eq::independent_coverage.info(),
      eq::cost_per_solution.info(),
      // compression.hpp
      eq::memory_saving.info(), eq::speedup.info(), eq::token_time.info(), eq::energy_saving.info(), eq::score_loss.info(), eq::error_gain.info(), eq::overhead_time.info(), eq::combined_factor.info(),
      // rates.hpp
      eq::tokens_in_time.info(), eq::requests_in_time.info(), eq::replicated_samples.info(), eq::replicated_tokens.info(),
      eq::replicated_requests.info(), eq::pass_with_communication.info(), eq::energy_of_devices.info(),
      eq::energy_per_sample.info(), eq::micro_batches_in_flight.info(),
  };
}

}  // namespace mlsysim
