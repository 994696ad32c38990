// Cells are read one by one while their worker goes on, so a reading may be torn by a request or
// two; every rule here errs towards a shorter streak then.
#include "health/streak.h"

namespace segue::health {

void Streak::read(const std::vector<const telemetry::WorkerCounters*>& workers,
                  EndpointId endpoint) {
  workers_.resize(workers.size());
  requests_ = failures_ = 0;
  bool success = false;
  std::vector<bool> failed(workers.size());
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const telemetry::EndpointCells* cells = workers[i]->endpoints.find(endpoint);
    if (cells == nullptr) continue;
    const Worker before = workers_[i];
    const Worker after{cells->requests.get(), cells->failures.get(), cells->in_flight.get(),
                       cells->consecutive.get(), before.base};
    workers_[i] = after;
    if (after.consecutive < after.base) workers_[i].base = 0;
    requests_ += after.requests;
    failures_ += after.failures;

    const std::uint64_t new_failures = after.failures - before.failures;
    // Of what was running or began since, what is no longer running has ended.
    const std::uint64_t ended =
        before.in_flight + (after.requests - before.requests) - after.in_flight;
    failed[i] = new_failures > 0;
    const bool cut = after.consecutive < before.consecutive + new_failures;
    const bool only_successes =
        new_failures == 0 && after.consecutive == 0 && ended > 0 && ended < UINT32_MAX;
    if (cut || only_successes) success = true;
  }
  if (!success) return;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (!failed[i]) workers_[i].base = workers_[i].consecutive;
  }
}

void Streak::forget() noexcept {
  for (Worker& worker : workers_) worker.base = worker.consecutive;
}

std::uint64_t Streak::value() const noexcept {
  std::uint64_t sum = 0;
  for (const Worker& worker : workers_) sum += worker.consecutive - worker.base;
  return sum;
}

}  // namespace segue::health
