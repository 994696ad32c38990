// Construction in the order of dependency, signals, and the way down again.
#include "app/server.h"

#include <csignal>
#include <cstdio>
#include <thread>

#include <unistd.h>
#include <uv.h>

#include "admin/api.h"
#include "admin/server.h"
#include "app/confinement.h"
#include "app/control.h"
#include "app/privileges.h"
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
  Server(std::shared_ptr<const conf::Config> config, std::optional<Account> account)
      : config_(std::move(config)),
        account_(std::move(account)),
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
    // As who started us, with one thread and no request read: what takes privileges, keys included.
    if (Status<Problems> read = tls_.prepare(*config_); !read) return say(read.error());
    tls_.apply();
    if (Status<Problems> bound = listeners_.prepare(*config_); !bound) return say(bound.error());
    if (Status<std::string> opened = open_admin(); !opened) return say(opened.error());
    const std::string state = state_dir(config_->state);
    if (account_ && !state.empty())
      if (auto made = account_->make_folder_of(state + "/", 0700); !made) return say(made.error());
    if (Status<std::string> became = become_account(); !became) return say(became.error());

    // As who serves. Logs too: what cannot be opened now could not be opened after a rotation.
    if (Status<std::string> opened = open_logs(); !opened) return say(opened.error());
    if (Status<std::string> opened = control_.open_state(state); !opened)
      return say(opened.error());
    if (Status<Problems> started = control_.start(); !started) return say(started.error());
    workers_.start(control_.current(), *this);
    control_.publish_tls();
    listeners_.apply(*config_);

    // Every thread is there now.
    if (Status<std::string> confined = give_up_system_calls(config_->process); !confined)
      return say(confined.error());
    announce();
    loop_.run();
    return 0;
  }

 private:
  Status<std::string> open_admin() {
    if (account_ && !config_->admin.socket.empty())
      if (auto made = account_->make_folder_of(config_->admin.socket); !made) return made;
    auto admin = admin::Server::start(
        *loop_.uv(), {config_->admin.socket, config_->admin.mode, config_->admin.listen}, *api_);
    if (!admin) return fail(admin.error());
    admin_ = std::move(*admin);
    return Done{};
  }

  Status<std::string> become_account() {
    if (account_) {
      std::vector<std::string> files = listeners_.prepared_files();
      if (!config_->admin.socket.empty()) files.push_back(config_->admin.socket);
      for (const std::string& file : files)
        if (auto owned = account_->own_socket(file); !owned) return owned;
      if (auto became = account_->become(); !became) return became;
    }
    return keep_memory_private(config_->process);
  }

  Status<std::string> open_logs() {
    const telemetry::log::Settings log{config_->log.level,
                                       config_->log.format == conf::Log::Format::kJson
                                           ? telemetry::log::Format::kJson
                                           : telemetry::log::Format::kText,
                                       config_->log.file};
    if (auto ready = telemetry::log::setup(log); !ready) return fail(for_account(ready.error()));
    if (config_->log.access_file.empty()) return Done{};
    auto access = telemetry::AccessWriter::start(config_->log.access_file, workers_.access_rings());
    if (!access) return fail(for_account(access.error()));
    access_ = std::move(*access);
    control_.watch(access_.get());
    return Done{};
  }

  /// A file that the user may not open, to one who started segue as root.
  std::string for_account(std::string sentence) const {
    if (account_)
      sentence += " (as user " + account_->user() + ", who must be able to write the file and, " +
                  "to reopen it after a rotation, its folder)";
    return sentence;
  }

  void announce() {
    announce_confinement(config_->process);
    if (access(config_->file.c_str(), R_OK) != 0)
      telemetry::log::event(telemetry::log::Level::kWarn, "config.unreadable",
                            {{"file", config_->file},
                             {"advice", "a reload will fail: let uid " + std::to_string(geteuid()) +
                                            " read the file"}});
    control_.events().emit("process.started", {{"version", std::string(build_info().version)},
                                               {"commit", std::string(build_info().commit)},
                                               {"config", config_->file},
                                               {"workers", std::to_string(workers_.count())},
                                               {"admin", config_->admin.socket}});
    for (const admin::ListenerInfo& listener : listeners_.list())
      control_.events().emit("listener.opened",
                             {{"listener", listener.name}, {"address", listener.address}});
  }

  // WorkersEvents
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
  std::optional<Account> account_;  // none: stays who it is
  net::Loop loop_;
  net::Mailbox mailbox_{loop_};
  Workers workers_;
  std::unique_ptr<telemetry::AccessWriter> access_;  // null without an access log
  TlsDesk tls_;
  Listeners listeners_{workers_, tls_, raise_descriptor_limit()};
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
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error to the one who writes it
  // A ring of libuv's would go past the system-call filter, and stop working under it.
  setenv("UV_USE_IO_URING", "0", 1);  // NOLINT(concurrency-mt-unsafe): one thread yet
  if (auto refused = refuse_new_privileges(); !refused) return say(refused.error());
  auto account = Account::of(*config);
  if (!account) return say(account.error());
  Server server(std::move(config), std::move(*account));
  return server.run();
}

}  // namespace segue::app
