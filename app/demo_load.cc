#include "app/demo_load.h"

#include <chrono>

#include "app/demo_http.h"
#include "lib/base/hash.h"

namespace segue::app {
namespace {

// Most look at a page, some wait for a slow one.
constexpr int kSlowEvery = 25;

void pause() {
  std::this_thread::sleep_for(std::chrono::milliseconds(DemoLoad::kPauseMs));
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

void DemoLoad::start() {
  for (int n = 0; n < kForges; ++n) threads_.emplace_back([this, n] { deliver_all(n); });
  for (int n = 0; n < kReaders; ++n) threads_.emplace_back([this, n] { read_pages(n); });
}

void DemoLoad::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

int DemoLoad::deliver(DemoClient& client, const std::string& id, std::size_t payload) const {
  const DemoPayload& what = payloads_.list[payload];
  // GitHub names the repository a hook belongs to in this field: the key by which deliveries move
  // together.
  const std::string repository = std::to_string(siphash(id) % kRepositories);
  const auto answer = client.request("POST", "/github-webhook/",
                                     {{"User-Agent", "GitHub-Hookshot/demo"},
                                      {"Content-Type", "application/json"},
                                      {"X-GitHub-Event", what.event},
                                      {"X-GitHub-Delivery", id},
                                      {"X-GitHub-Hook-Installation-Target-Type", "repository"},
                                      {"X-GitHub-Hook-Installation-Target-ID", repository}},
                                     what.body);
  return answer ? answer->status : 0;
}

void DemoLoad::deliver_all(int thread) {
  DemoClient client(address_);
  std::size_t payload = static_cast<std::size_t>(thread) * payloads_.list.size() / kForges;
  for (std::uint64_t number = 0; !stopping_; ++number) {
    payload = (payload + 1) % payloads_.list.size();
    const std::string id = prefix_ + "-" + std::to_string(thread) + "-" + std::to_string(number);
    const int status = deliver(client, id, payload);
    {
      const std::lock_guard lock(mutex_);
      deliveries_[id] = {payload, status};
    }
    pause();
  }
}

void DemoLoad::read_pages(int thread) {
  DemoClient client(address_);
  for (std::uint64_t number = 0; !stopping_; ++number) {
    const std::uint64_t person = mix(number, static_cast<std::uint64_t>(thread)) % kPeople;
    const bool slow = number % kSlowEvery == static_cast<std::uint64_t>(thread);
    const auto answer = client.request("GET", slow ? "/slow" : "/",
                                       {{"Cookie", "person=" + std::to_string(person)}});
    ++pages_;
    if (!answer || !is_success(answer->status)) ++pages_failed_;
    pause();
  }
}

void DemoLoad::redeliver(const std::string& id) {
  DemoClient client(address_);
  DemoDelivery& delivery = deliveries_.at(id);
  delivery.status = deliver(client, id, delivery.payload);
}

}  // namespace segue::app
