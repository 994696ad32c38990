// A blocking HTTP/1.1 client for the demonstration: one connection, one request at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::app {

struct DemoAnswer {
  int status = 0;
  std::string body;
  std::string served_by;  ///< X-Served-By
};

class DemoClient {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// "127.0.0.1:8080" or "unix:/path". Connects with the first request, and again after a failure.
  explicit DemoClient(std::string address) : address_(std::move(address)) {}
  ~DemoClient() { disconnect(); }
  DemoClient(const DemoClient&) = delete;
  DemoClient& operator=(const DemoClient&) = delete;

  /// None when there was no whole answer within kWaitSeconds. Never sends twice.
  std::optional<DemoAnswer> request(std::string_view method, std::string_view target,
                                    const Fields& fields = {}, std::string_view body = {});

  static constexpr int kWaitSeconds = 20;

 private:
  bool connect();
  void disconnect();

  std::string address_;
  int socket_ = -1;
};

}  // namespace segue::app
