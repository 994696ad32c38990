// What is kept, as the control thread deals with it: nothing here waits for a disk once it serves.
//
// While the state cannot be written, revisions are refused, and writing is tried again every
// kRetry; both ends of such a time are events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <uv.h>

#include "app/backups.h"
#include "app/state_thread.h"
#include "conf/config.h"
#include "telemetry/events.h"

namespace segue::app {

/// Where the state is kept: as configured, else where systemd says; "" for nowhere.
std::string state_dir(const conf::State& settings);

/// For status, metrics and /v1/state.
struct StateReport {
  std::string dir;      ///< "": in memory
  std::string problem;  ///< "": can be written
  std::uint64_t problem_since_ms = 0;
  std::uint64_t first = 0, last = 0;  ///< revisions that are kept; 0: none
  std::uint64_t bytes = 0;            ///< of the database
  std::string backup_dir;             ///< "": none are scheduled
  std::uint64_t backup_every_ms = 0, backup_last_ms = 0, backup_next_ms = 0;
  std::string backup_problem;  ///< of the last try; "": none
};

class StateDesk {
 public:
  static constexpr std::uint64_t kTickMs = 1000;
  static constexpr std::uint64_t kRetryMs = 2000;
  static constexpr std::uint64_t kBackupRetryMs = 10 * 60 * 1000;  ///< or the interval, if shorter
  /// An image is held in memory and sent in one piece.
  static constexpr std::uint64_t kImageBytesMax = 48ull * 1024 * 1024;

  using Error = store::StoreError;
  template <typename T>
  using Told = std::function<void(Result<T, Error>)>;  ///< on the control thread, once

  /// Called when writing works again; the text is what the journal says was set last.
  using OnRecovered = std::function<void(std::string runtime)>;

  StateDesk(net::Loop& loop, telemetry::EventLog& events);
  ~StateDesk();
  StateDesk(const StateDesk&) = delete;
  StateDesk& operator=(const StateDesk&) = delete;

  /// Reads what is kept. Blocking, before serving. Errors: a sentence, when another process has it.
  Status<std::string> open(const conf::State& settings);

  // Between open() and start(), blocking.
  const std::string& runtime() const noexcept { return runtime_; }  ///< "": nothing was ever set
  const std::vector<EndpointHealth>& health() const noexcept { return health_; }
  /// What is kept as `key`; `fresh`, which is kept from now on if that is possible, when nothing
  /// is.
  std::string secret(const std::string& key, std::string fresh);
  void start(OnRecovered on_recovered);
  /// What is kept cannot be understood: it stays as it is, and nothing is written any more. Also
  /// before start().
  void distrust(const std::string& why);
  void configure(const conf::State& settings);  ///< after a reload; `dir` stays

  bool writable() const noexcept { return report_.problem.empty(); }
  const StateReport& report() const noexcept { return report_; }

  void append(Revision revision, Told<std::uint64_t> told);
  void list(std::uint64_t before, std::uint64_t limit, Told<std::vector<Revision>> told);
  void find(std::uint64_t number, Told<std::optional<Revision>> told);
  void image(Told<std::string> told);  ///< the database as the bytes of a file
  /// Instead of what was kept; of several in a hurry the last. Nobody is told.
  void save_health(std::vector<EndpointHealth> all);

 private:
  struct Seen {
    std::uint64_t first = 0, last = 0, bytes = 0;
    std::optional<Error> problem;
  };
  static Seen look(StateStore& store);
  void take_over(const Seen& seen);
  void tick();
  void retry();
  void begin_backup(std::uint64_t now_ms);
  void step_backup(const BackupPlan& plan, const std::string& file);
  void end_backup(const std::string& file, const std::optional<Error>& error,
                  std::uint32_t removed);
  void plan_backups();

  net::Loop& loop_;
  telemetry::EventLog& events_;
  conf::State settings_;
  std::optional<StateStore> opened_;     // until start()
  std::unique_ptr<StateThread> thread_;  // null before start()
  std::string runtime_;
  std::vector<EndpointHealth> health_;
  OnRecovered on_recovered_;
  StateReport report_;
  uv_timer_t* timer_;  // freed by its close callback
  std::uint64_t next_retry_ms_ = 0;
  bool retrying_ = false, backing_up_ = false, saving_health_ = false;
  std::optional<std::vector<EndpointHealth>> next_health_;  // while one is being saved
};

}  // namespace segue::app
