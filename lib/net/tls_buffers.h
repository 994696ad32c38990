// What the TLS connections of one loop share: full only within an event (docs/adr/0013).
#pragma once

#include <cstddef>
#include <memory>

namespace segue::net {

struct TlsBuffers {
  static constexpr std::size_t kWindowBytes = 64 * 1024;
  static constexpr std::size_t kWindowBulkBytes = 256 * 1024;
  static constexpr std::size_t kRecordBytes = 16 * 1024;  ///< plaintext of a record (RFC 8446 §5.1)

  std::unique_ptr<char[]> window{new char[kWindowBulkBytes]};
  std::unique_ptr<char[]> record{new char[kRecordBytes]};  ///< small pieces, joined to one record
  std::unique_ptr<char[]> flight{new char[kRecordBytes]};  ///< a handshake's messages, one write
};

}  // namespace segue::net
