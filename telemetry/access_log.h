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
  static constexpr std::size_t kBytesMin = 64 * 1024;

  explicit AccessRing(std::size_t bytes);  ///< rounded up to a power of two, at least kBytesMin
  ~AccessRing();
  AccessRing(const AccessRing&) = delete;
  AccessRing& operator=(const AccessRing&) = delete;

  /// Formats `record` and hands it to the writer. False when there may not be room for it; the
  /// caller counts that.
  bool write(const Record& record, AccessFormat format) noexcept;

 private:
  friend class AccessWriter;
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

/// The thread `segue-log`, which drains the rings in batches: every 20 ms while lines come, every
/// 100 ms otherwise, and when asked.
///
/// While the file cannot be written (no space, a stopped pipe) lines stay in their rings, and those
/// that find a full ring are dropped by the worker; nothing else stops.
class AccessWriter {
 public:
  /// `file`: a path (appended to, created 0640) or "-" for standard output. The rings outlive the
  /// writer. Errors: a sentence.
  static Result<std::unique_ptr<AccessWriter>, std::string> start(std::string file,
                                                                  std::vector<AccessRing*> rings);
  ~AccessWriter();  ///< drains what is left, as far as the file takes it, and joins
  AccessWriter(const AccessWriter&) = delete;
  AccessWriter& operator=(const AccessWriter&) = delete;

  /// After log rotation: what was written before this call is drained into the old file, then the
  /// path is opened again. When that fails the old file stays. Any thread; returns at once.
  void reopen();

  /// Returns when every line written before this call is in the file or could not be written. Any
  /// thread but the writer's.
  void flush();

  std::uint64_t write_errors() const noexcept;  ///< failed writes and openings so far; any thread
  std::uint64_t lines_cut()
      const noexcept;  ///< lines that a failing file holds only the beginning of

 private:
  AccessWriter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace segue::telemetry
