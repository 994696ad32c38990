// The demonstration's clients: a forge that delivers webhooks and people who look at pages.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/demo_payloads.h"

namespace segue::app {

/// What became of one delivery, as its sender knows it.
struct DemoDelivery {
  std::size_t payload = 0;  ///< index into the payloads
  int status = 0;           ///< of the answer; 0: none came
};

/// Threads that send until stop(). Each has one connection and pauses between requests, so that the
/// load stays what a small forge makes and the machine has room for the rest.
class DemoLoad {
 public:
  static constexpr int kForges = 6, kReaders = 6;       ///< threads of each kind
  static constexpr int kPauseMs = 40;                   ///< between the requests of a thread
  static constexpr std::uint64_t kRepositories = 2000;  ///< cohorts of webhooks
  static constexpr std::uint64_t kPeople = 2000;        ///< cohorts of pages

  /// Delivery ids begin with `prefix`.
  DemoLoad(std::string address, const DemoPayloads& payloads, std::string prefix)
      : address_(std::move(address)), payloads_(payloads), prefix_(std::move(prefix)) {}
  ~DemoLoad() { stop(); }
  DemoLoad(const DemoLoad&) = delete;
  DemoLoad& operator=(const DemoLoad&) = delete;

  void start();
  void stop();  ///< after the requests that run now

  /// Sends a delivery once more, as an operator would with GitHub's "Redeliver"; after stop().
  void redeliver(const std::string& id);

  /// By delivery id. After stop().
  const std::map<std::string, DemoDelivery>& deliveries() const noexcept { return deliveries_; }
  std::uint64_t pages() const noexcept { return pages_.load(); }
  std::uint64_t pages_failed() const noexcept { return pages_failed_.load(); }

 private:
  void deliver_all(int thread);
  void read_pages(int thread);
  int deliver(class DemoClient& client, const std::string& id, std::size_t payload) const;

  std::string address_;
  const DemoPayloads& payloads_;
  std::string prefix_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> pages_{0}, pages_failed_{0};
  std::mutex mutex_;  // deliveries_
  std::map<std::string, DemoDelivery> deliveries_;
  std::vector<std::thread> threads_;
};

}  // namespace segue::app
