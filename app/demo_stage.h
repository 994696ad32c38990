// The stage of the demonstration: two servers, a segue in front of them, a directory for what they
// need.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/demo_http.h"
#include "app/demo_process.h"
#include "app/demo_view.h"
#include "lib/base/result.h"

namespace segue::app {

/// Whether Ctrl-C (or SIGTERM) asked the demonstration to end.
bool demo_interrupted() noexcept;
void watch_demo_signals() noexcept;
/// Sleeps; less when interrupted.
void demo_sleep(double seconds) noexcept;

class DemoStage {
 public:
  /// Everything is up when this returns. Errors: a sentence.
  static Result<std::unique_ptr<DemoStage>, std::string> build();
  ~DemoStage();  ///< ends the children and removes the directory

  /// Weights of both routes in one change. Errors: a sentence.
  Status<std::string> set_weights(int old_weight, int new_weight, const std::string& reason);
  void kill_new() { new_->kill_now(); }
  Status<std::string> restart_new();
  bool segue_lives() { return segue_->alive(); }

  /// What the admin API says now; empty when it does not answer.
  std::vector<DemoRow> rows();
  /// (id, sha256) of every delivery that `server` ("old", "new") has, as often as it has it.
  Result<std::vector<std::pair<std::string, std::string>>, std::string> deliveries(
      const std::string& server);

  const std::string& address() const noexcept { return address_; }
  std::string admin_socket() const { return dir_ / "admin.sock"; }
  std::string log() const { return dir_ / "segue.log"; }

 private:
  DemoStage() = default;
  Result<std::string, std::string> start_server(const std::string& name, const std::string& port);
  Status<std::string> start_segue();
  Status<std::string> wait_until_up();
  void write_config() const;

  std::filesystem::path dir_;
  std::string old_address_, new_address_, address_;
  std::unique_ptr<DemoProcess> old_, new_, segue_;  // ended in reverse order
  std::unique_ptr<DemoClient> admin_;
};

}  // namespace segue::app
