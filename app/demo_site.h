// What a demonstration CI server answers, and its memory of webhook deliveries. No I/O but the
// record file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::app {

struct DemoRequest {
  std::string method, target;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body_sha256;                    ///< hexadecimal
  bool keep_alive = true;

  std::string field(const std::string& name) const {
    const auto at = fields.find(name);
    return at == fields.end() ? "" : at->second;
  }
};

struct DemoResponse {
  enum class Kind { kBody, kSlow, kEvents, kWebSocket } kind = Kind::kBody;
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
};

/// Deliveries live in a file too, written before a delivery is answered: a server that is killed
/// still knows, when it comes back, what it had accepted.
class DemoSite {
 public:
  /// `record` is read when it is there, and appended to; "" keeps deliveries in memory alone.
  DemoSite(std::string name, std::string record);
  ~DemoSite();
  DemoSite(const DemoSite&) = delete;
  DemoSite& operator=(const DemoSite&) = delete;

  DemoResponse answer(const DemoRequest& request);
  const std::string& name() const noexcept { return name_; }

 private:
  DemoResponse page() const;
  DemoResponse deliver(const DemoRequest& request);
  DemoResponse deliveries() const;

  struct Delivery {
    std::string id, sha256;
  };
  std::string name_;
  std::vector<Delivery> deliveries_;
  int record_ = -1;  // file descriptor; -1 without a file
};

}  // namespace segue::app
