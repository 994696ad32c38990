// Binding per worker with SO_REUSEPORT, and the difference between two configurations.
#include "app/listeners.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "app/privileges.h"
#include "lib/net/listener.h"
#include "telemetry/log.h"

namespace segue::app {
namespace {

// Connections the kernel keeps for a worker that is busy; it caps this by net.core.somaxconn.
constexpr int kBacklog = 4096;

const char* const kPrivilegedPort =
    "; ports this low take a privilege that segue does not have (any more, with [process] user): "
    "restart it to bind them as root, give it CAP_NET_BIND_SERVICE, or lower "
    "net.ipv4.ip_unprivileged_port_start";

/// The listener with as many connections as there are descriptors for.
conf::Listener fitted(conf::Listener listener, const DescriptorPlan& plan) {
  listener.connections_max = plan.share(listener.connections_max);
  return listener;
}

void warn_if_short(const DescriptorPlan& plan) {
  if (!plan.short_of()) return;
  telemetry::log::event(
      telemetry::log::Level::kWarn, "descriptors.short",
      {{"limit", std::to_string(plan.limit)},
       {"reserve", std::to_string(plan.reserve)},
       {"connections_max", std::to_string(plan.asked)},
       {"connections_given", std::to_string(plan.given)},
       {"advice", "raise the hard limit of open files (LimitNOFILE=) to " +
                      std::to_string(plan.wanted()) + " or lower connections_max"}});
}

std::vector<AddressRange> ranges(const std::vector<std::string>& texts) {
  std::vector<AddressRange> ranges;
  for (const std::string& text : texts)
    if (auto range = AddressRange::parse(text)) ranges.push_back(*range);
  return ranges;
}

}  // namespace

Listeners::~Listeners() {
  for (Bound& bound : bound_) close(bound);
  discard();
}

void Listeners::close(Bound& bound) {
  for (const int fd : bound.fds) ::close(fd);
  bound.fds.clear();
}

Result<Listeners::Bound, Problem> Listeners::bind(const conf::Config& config,
                                                  const conf::Listener& listener) {
  const auto problem = [&](std::string text) {
    return fail(Problem{config.file, listener.at.line, listener.at.column,
                        "listeners." + listener.name + ".address", std::move(text)});
  };
  auto address = SocketAddress::parse(listener.address);
  if (!address) return problem(std::move(address).error());
  Bound bound;
  bound.address = listener.address;
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    if (i > 0 && address->family() == AF_UNIX) {
      // UNIX sockets cannot be bound twice: all workers accept from one queue.
      const int copy = ::fcntl(bound.fds.front(), F_DUPFD_CLOEXEC, 0);
      if (copy < 0) {
        close(bound);
        return problem(std::string("cannot share ") + listener.address + ": " +
                       std::strerror(errno));
      }
      bound.fds.push_back(copy);
      continue;
    }
    auto fd = net::bind_listener(*address, kBacklog);
    if (!fd) {
      close(bound);
      return problem(std::move(fd).error() +
                     (port_is_out_of_reach(address->port()) ? kPrivilegedPort : std::string()));
    }
    bound.fds.push_back(*fd);
    address->set_port(net::bound_address(*fd).port());  // port 0: the others join the first
  }
  bound.bound = address->to_string();
  auto state = std::make_shared<proxy::ListenerState>();
  state->id = ListenerId{next_id_++};
  state->port = address->port();
  state->port_text = std::to_string(state->port);
  bound.state = std::move(state);
  return bound;
}

DescriptorPlan Listeners::plan(const conf::Config& config) const {
  return plan_descriptors(config, workers_.count(), descriptors_);
}

void Listeners::discard() {
  for (Bound& bound : prepared_) close(bound);
  prepared_.clear();
}

Status<Problems> Listeners::prepare(const conf::Config& config) {
  discard();
  Problems problems;
  const DescriptorPlan descriptors = plan(config);
  for (const conf::Listener& listener : config.listeners) {
    const bool known = std::any_of(bound_.begin(), bound_.end(), [&](const Bound& bound) {
      return bound.state->settings.name == listener.name && bound.address == listener.address;
    });
    if (known) continue;
    auto bound = bind(config, listener);
    if (!bound) {
      problems.push_back(std::move(bound).error());
      continue;
    }
    bound->state->settings = fitted(listener, descriptors);
    bound->state->trusted = ranges(listener.trusted_proxies);
    prepared_.push_back(std::move(*bound));
  }
  if (problems.empty()) return Done{};
  discard();
  return fail(std::move(problems));
}

void Listeners::apply(const conf::Config& config) {
  std::erase_if(bound_, [&](const Bound& bound) {
    const bool stays = std::any_of(
        config.listeners.begin(), config.listeners.end(), [&](const conf::Listener& listener) {
          return bound.state->settings.name == listener.name && bound.address == listener.address;
        });
    if (!stays) workers_.close_listener(bound.state->id);
    return !stays;
  });
  const DescriptorPlan descriptors = plan(config);
  warn_if_short(descriptors);
  for (Bound& bound : bound_) {
    for (const conf::Listener& asked : config.listeners) {
      if (asked.name != bound.state->settings.name) continue;
      const conf::Listener listener = fitted(asked, descriptors);
      auto tls = tls_.server(listener.name);
      if (listener == bound.state->settings && tls == bound.state->tls) continue;
      auto state = std::make_shared<proxy::ListenerState>();
      state->id = bound.state->id;
      state->port = bound.state->port;
      state->port_text = bound.state->port_text;
      state->connections = bound.state->connections;
      state->settings = listener;
      state->trusted = ranges(listener.trusted_proxies);
      state->tls = std::move(tls);
      bound.state = state;
      workers_.replace_listener(state);
    }
  }
  for (Bound& bound : prepared_) {
    bound.state->tls = tls_.server(bound.state->settings.name);
    workers_.add_listener(bound.state, bound.fds);
    bound.fds.clear();
    bound_.push_back(std::move(bound));
  }
  prepared_.clear();
}

std::vector<std::string> Listeners::prepared_files() const {
  constexpr std::string_view kUnix = "unix:", kAbstract = "unix:@";  // which has no file
  std::vector<std::string> files;
  for (const Bound& bound : prepared_)
    if (bound.address.starts_with(kUnix) && !bound.address.starts_with(kAbstract))
      files.push_back(bound.address.substr(kUnix.size()));
  return files;
}

std::vector<admin::ListenerInfo> Listeners::list() const {
  std::vector<admin::ListenerInfo> list;
  for (const Bound& bound : bound_)
    list.push_back({bound.state->id, bound.state->settings.name, bound.bound});
  return list;
}

}  // namespace segue::app
