// A request that nobody sent: method, URL and headers from a command line, as a head that routing
// reads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/http/message.h"

namespace segue::app {

/// Owns the bytes its head points to, so it stays where it is.
class OfflineRequest {
 public:
  /// `url` is "http://host/path?query" or "/path?query"; each header is "Name: value". A Host
  /// header is added from the URL where none is given. Errors: a sentence.
  static Result<std::unique_ptr<OfflineRequest>, std::string> make(
      std::string method, std::string url, const std::vector<std::string>& headers);
  OfflineRequest(const OfflineRequest&) = delete;
  OfflineRequest& operator=(const OfflineRequest&) = delete;

  /// It has a body of `bytes`, which is JSON where no header says what it is.
  void set_body(std::size_t bytes);

  const http::Head& head() const noexcept { return head_; }

 private:
  OfflineRequest() = default;

  std::string method_, url_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<http::Field> fields_;
  http::Head head_;
};

}  // namespace segue::app
