// The access log: one line per exchange, formatted into the worker's byte ring and written by one
// thread. Traffic never waits for the log; lines that find the ring full are dropped and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "telemetry/counters.h"
#include "telemetry/record.h"

namespace segue::telemetry {

enum class AccessFormat : std::uint8_t { kJson, kLogfmt };

/// One worker's end: single producer. No allocation, no lock, no system call.
class AccessRing {
 public:
  explicit AccessRing(std::size_t bytes);  ///< rounded up to a power of two
  ~AccessRing();

  /// Formats `record` and hands it to the writer. False when there was no room.
  bool write(const Record& record, AccessFormat format) noexcept;

 private:
  friend class AccessWriter;
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

/// The thread `segue-log`, which drains the rings every 100 ms and when asked, in batches.
class AccessWriter {
 public:
  /// `file`: a path (appended to, created 0640) or "-". Errors: a sentence.
  static Result<std::unique_ptr<AccessWriter>, std::string> start(std::string file,
                                                                  std::vector<AccessRing*> rings);
  ~AccessWriter();  ///< drains what is left and joins

  void reopen();    ///< after log rotation; any thread

 private:
  AccessWriter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace segue::telemetry
