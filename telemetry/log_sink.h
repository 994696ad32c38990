// A file that log rotation may move away, as a sink of spdlog. (spdlog's own cannot be opened
// again.)
#pragma once

#include <mutex>
#include <string>

#include <spdlog/sinks/base_sink.h>

#include "lib/base/result.h"

namespace segue::telemetry::log {

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// `fd` is open for appending and belongs to the sink, unless it is standard error.
  FileSink(std::string file, int fd) : file_(std::move(file)), fd_(fd) {}
  ~FileSink() override;

  /// Errors: a sentence. "" is standard error.
  static Result<int, std::string> open(const std::string& file);
  Status<std::string> reopen();

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}  // nothing is buffered

  const std::string file_;
  int fd_;
};

}  // namespace segue::telemetry::log
