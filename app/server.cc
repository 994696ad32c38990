// Construction in the order of dependency, signals, and the way down again.
#include "app/server.h"

#include <csignal>
#include <cstdio>
#include <thread>

#include <sys/resource.h>
#include <uv.h>

#include "admin/api.h"
#include "admin/server.h"
#include "app/control.h"
#include "segue/version.h"
#include "telemetry/access_log.h"
#include "telemetry/log.h"

namespace segue::app {
namespace {

/// A signal as a call on the loop.
class Signal {
 public:
  using Handler = std::function<void()>;
  Signal(net::Loop& loop, int number, Handler handler) : core_(new Core{{}, std::move(handler)}) {
    uv_signal_init(loop.uv(), &core_->signal);
    core_->signal.data = core_;
    uv_signal_start(
        &core_->signal, [](uv_signal_t* s, int) { static_cast<Core*>(s->data)->handler(); },
        number);
  }
  ~Signal() {
    uv_close(reinterpret_cast<uv_handle_t*>(&core_->signal),
             [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  struct Core {
    uv_signal_t signal;
    Handler handler;
  };
  Core* core_;
};

/// Descriptors are connections: takes as many as the hard limit allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int say(const std::string& sentence) {
  std::fprintf(stderr, "segue: %s\n", sentence.c_str());
  return 1;
}

int say(const Problems& problems) {
  for (const Problem& problem : problems)
    std::fprintf(stderr, "segue: %s\n", problem.to_string().c_str());
  return 1;
}

class Server final : WorkersEvents {
 public:
  explicit Server(std::shared_ptr<const conf::Config> config)
      : config_(std::move(config)),
        workers_(config_->workers > 0 ? config_->workers
                                      : std::max(1u, std::thread::hardware_concurrency()),
                 config_->log, mailbox_) {}

  ~Server() {
    // Threads end before what they refer to; the admin server before the API it serves.
    admin_.reset();
    api_.reset();
    workers_.stop();
    access_.reset();
  }

  int run() {
    if (!config_->log.access_file.empty()) {
      auto access =
          telemetry::AccessWriter::start(config_->log.access_file, workers_.access_rings());
      if (!access) return say(access.error());
      access_ = std::move(*access);
      control_.watch(access_.get());
    }
    if (Status<Problems> read = tls_.prepare(*config_); !read) return say(read.error());
    tls_.apply();
    if (Status<Problems> bound = listeners_.prepare(*config_); !bound) return say(bound.error());
    if (Status<Problems> started = control_.start(); !started) return say(started.error());
    auto admin = admin::Server::start(
        *loop_.uv(), {config_->admin.socket, config_->admin.mode, config_->admin.listen}, *api_);
    if (!admin) return say(admin.error());
    admin_ = std::move(*admin);
    workers_.start(control_.current(), *this);
    control_.publish_tls();
    listeners_.apply(*config_);
    control_.events().emit("process.started", {{"version", std::string(build_info().version)},
                                               {"commit", std::string(build_info().commit)},
                                               {"config", config_->file},
                                               {"workers", std::to_string(workers_.count())},
                                               {"admin", config_->admin.socket}});
    for (const admin::ListenerInfo& listener : listeners_.list())
      control_.events().emit("listener.opened",
                             {{"listener", listener.name}, {"address", listener.address}});
    loop_.run();
    return 0;
  }

 private:
  // WorkersEvents
  void on_settled(routing::Generation generation) override { control_.on_settled(generation); }
  void on_gateway_error(EndpointId endpoint) override { control_.health_desk().look(endpoint); }
  void on_probe(EndpointId endpoint, std::optional<bool> ok) override {
    control_.health_desk().on_probe(endpoint, ok);
  }
  void on_all_drained() override {
    control_.events().emit("process.drained", {});
    loop_.stop();
  }

  void on_stop_signal() {
    if (draining_) return loop_.stop();
    draining_ = true;
    control_.begin_drain();
    workers_.drain();
  }
  void on_reload_signal() {
    control_.reload(false, {0, "SIGHUP", ""}, [](Result<admin::Applied, admin::Refusal>) {
      // The outcome is an event already.
    });
  }
  void on_reopen_signal() {
    telemetry::log::reopen();
    if (access_ != nullptr) access_->reopen();
  }

  std::shared_ptr<const conf::Config> config_;
  net::Loop loop_;
  net::Mailbox mailbox_{loop_};
  Workers workers_;
  std::unique_ptr<telemetry::AccessWriter> access_;  // null without an access log
  TlsDesk tls_;
  Listeners listeners_{workers_, tls_};
  MemoryWatch memory_{loop_, workers_.memory_pressure()};
  Control control_{loop_, workers_, listeners_, tls_, memory_, config_};
  std::unique_ptr<admin::Api> api_ = std::make_unique<admin::Api>(control_);
  std::unique_ptr<admin::Server> admin_;  // null until it listens
  bool draining_ = false;
  Signal terminate_{loop_, SIGTERM, [this] { on_stop_signal(); }};
  Signal interrupt_{loop_, SIGINT, [this] { on_stop_signal(); }};
  Signal hang_up_{loop_, SIGHUP, [this] { on_reload_signal(); }};
  Signal user1_{loop_, SIGUSR1, [this] { on_reopen_signal(); }};
};

}  // namespace

int serve(std::shared_ptr<const conf::Config> config) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const telemetry::log::Settings log{config->log.level,
                                     config->log.format == conf::Log::Format::kJson
                                         ? telemetry::log::Format::kJson
                                         : telemetry::log::Format::kText,
                                     config->log.file};
  if (auto ready = telemetry::log::setup(log); !ready) return say(ready.error());
  Server server(std::move(config));
  return server.run();
}

}  // namespace segue::app
