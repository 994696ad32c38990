// Every limit of the admin API, by name. They are fixed: the operator's door needs no tuning, and a
// bound that nobody can raise by mistake protects the control thread.
#pragma once

#include <cstddef>

#include "admin/json.h"
#include "lib/base/clock.h"

namespace segue::admin {

struct Limits {
  std::size_t connections = 64;         ///< on the socket; TCP has as many of its own
  std::size_t target_bytes = 8 * 1024;  ///< 414
  std::size_t head_bytes = 32 * 1024;   ///< names, values and target together; 431
  std::size_t fields = 100;             ///< 431
  std::size_t body_bytes = 128 * 1024;  ///< 413
  std::size_t framing_bytes =
      256 * 1024;  ///< of a message beyond head and body: chunk sizes, trailers; 400
  std::size_t read_ahead_bytes = 64 * 1024;  ///< pipelined behind a request that is being answered
  std::size_t stream_backlog_bytes =
      1024 * 1024;                        ///< of events a client has not read; then it is cut
  std::size_t linger_bytes = 256 * 1024;  ///< read and dropped after an early answer

  Millis head{10'000};        ///< a head, from its first byte; 408
  Millis body{30'000};        ///< the whole body; 408
  Millis write{30'000};       ///< until the client has taken a whole answer
  Millis keep_alive{75'000};  ///< between requests
  Millis linger{1'000};       ///< reading on after an early answer
  Millis heartbeat{
      15'000};            ///< between signs of life on a stream; also how long one may stand still
  Millis settle{10'000};  ///< until a change that not every worker serves yet is answered with 202

  JsonBounds json;                      ///< of a body; 400
  std::size_t splits_per_change = 256;  ///< routes in one PATCH; 422
  std::size_t reason_bytes = 1024;      ///< of the free text that goes with a change; 422
};

}  // namespace segue::admin
