// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/config.hh"

#include "mod_websocket/apache/pool.hh"

namespace websocket::apache {

namespace {

template <class T>
std::optional<T> inner_or(const std::optional<T>& inner, const std::optional<T>& outer) {
  return inner ? inner : outer;
}

template <class T>
const T* inner_or(const T* inner, const T* outer) {
  return inner != nullptr ? inner : outer;
}

}  // namespace

SectionConfig SectionConfig::merged(apr_pool_t* pool, const SectionConfig& outer,
                                    const SectionConfig& inner) {
  const ::policy::TargetRules* targets = inner_or(inner.targets, outer.targets);
  if (inner.targets != nullptr && outer.targets != nullptr) {
    targets = make_in_pool<::policy::TargetRules>(
        pool, ::policy::TargetRules::merge(*outer.targets, *inner.targets));
  }
  return {
      .enabled = inner_or(inner.enabled, outer.enabled),
      .policy_file = inner_or(inner.policy_file, outer.policy_file),
      .targets = targets,
      .consent = {.asked = inner_or(inner.consent.asked, outer.consent.asked),
                  .resolvers = inner_or(inner.consent.resolvers, outer.consent.resolvers),
                  .anchors = inner_or(inner.consent.anchors, outer.consent.anchors),
                  .anchor_file = inner_or(inner.consent.anchor_file, outer.consent.anchor_file)},
      .origin_status = inner_or(inner.origin_status, outer.origin_status),
      .explain = inner_or(inner.explain, outer.explain),
      .status = inner_or(inner.status, outer.status),
      .connect_timeout = inner_or(inner.connect_timeout, outer.connect_timeout),
      .close_timeout = inner_or(inner.close_timeout, outer.close_timeout),
      .ping_interval = inner_or(inner.ping_interval, outer.ping_interval),
      .idle_timeout = inner_or(inner.idle_timeout, outer.idle_timeout),
      .max_message = inner_or(inner.max_message, outer.max_message),
      .compression = inner_or(inner.compression, outer.compression),
  };
}

tunnel::Timing SectionConfig::timing() const {
  tunnel::Timing timing;
  timing.close_timeout = close_timeout.value_or(timing.close_timeout);
  timing.ping_interval = ping_interval.value_or(timing.ping_interval);
  timing.idle_timeout = idle_timeout.value_or(timing.idle_timeout);
  return timing;
}

session::Limits SectionConfig::limits() const {
  session::Limits limits;
  limits.max_message = max_message.value_or(limits.max_message);
  return limits;
}

ProcessConfig ProcessConfig::merged(const ProcessConfig& outer, const ProcessConfig& inner) {
  return {
      .threads = inner_or(inner.threads, outer.threads),
      .drain_timeout = inner_or(inner.drain_timeout, outer.drain_timeout),
      .max_tunnels = inner_or(inner.max_tunnels, outer.max_tunnels),
      .max_tunnels_per_client =
          inner_or(inner.max_tunnels_per_client, outer.max_tunnels_per_client),
      .access_logs = AccessLogs::merged(outer.access_logs, inner.access_logs),
  };
}

const SectionConfig& section_config(const request_rec* r) {
  return *static_cast<const SectionConfig*>(
      ap_get_module_config(r->per_dir_config, &websocket_module));
}

const ProcessConfig& process_config(const server_rec* main_server) {
  return *static_cast<const ProcessConfig*>(
      ap_get_module_config(main_server->module_config, &websocket_module));
}

void* create_section_config(apr_pool_t* pool, char*) noexcept {
  return make_in_pool<SectionConfig>(pool);
}

void* merge_section_config(apr_pool_t* pool, void* outer, void* inner) noexcept {
  return make_in_pool<SectionConfig>(
      pool, SectionConfig::merged(pool, *static_cast<const SectionConfig*>(outer),
                                  *static_cast<const SectionConfig*>(inner)));
}

void* create_process_config(apr_pool_t* pool, server_rec*) noexcept {
  return make_in_pool<ProcessConfig>(pool);
}

void* merge_process_config(apr_pool_t* pool, void* outer, void* inner) noexcept {
  return make_in_pool<ProcessConfig>(
      pool, ProcessConfig::merged(*static_cast<const ProcessConfig*>(outer),
                                  *static_cast<const ProcessConfig*>(inner)));
}

}  // namespace websocket::apache
