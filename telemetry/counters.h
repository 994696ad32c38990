// What one worker counts. One writer, any reader: cells are written with relaxed load and store (no
// locked instruction) and summed by whoever asks.
//
// Cells are found by id (lib/base/ids.h), live in blocks that are added and never moved or freed
// while the process runs, and so never reset at a reload.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/ids.h"

namespace segue::telemetry {

/// A number with one writer.
class Cell {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void sub(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Log-linear latency buckets: two per power of two from 64 µs to 268 s. Mergeable by addition.
struct Latency {
  static constexpr std::size_t kBuckets = 46;
  std::array<Cell, kBuckets> buckets;
  Cell sum_us;

  /// Bucket 0 is below 64 µs; the last one has no upper end.
  static constexpr std::size_t bucket_of(std::uint64_t us) noexcept {
    if (us < 64) return 0;
    const auto power = static_cast<std::size_t>(std::bit_width(us)) - 1;  // ≥ 6
    const std::size_t half = (us >> (power - 1)) & 1;
    const std::size_t bucket = (power - 6) * 2 + half + 1;
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  /// The first value that is above bucket `i`, in µs; for the last bucket its lower end's next
  /// step.
  static constexpr std::uint64_t upper_us(std::size_t i) noexcept {
    if (i == 0) return 64;
    const std::size_t power = (i - 1) / 2 + 6;
    return (i - 1) % 2 == 0 ? (std::uint64_t{3} << (power - 1)) : (std::uint64_t{1} << (power + 1));
  }
  void record(std::uint64_t us) noexcept {
    buckets[bucket_of(us)].add();
    sum_us.add(us);
  }
};

/// Why a request was sent again: the proof that the first sending had no effect.
enum class Proof : std::uint8_t {
  kUnsent,
  kReusedConnection,
  kIdempotent,
  kLookup,  ///< a GET or HEAD that the pool before had nothing for
  kCount
};
const char* to_string(Proof proof) noexcept;  ///< "unsent", "reused_connection", …

/// What became of the session of a request.
enum class SessionState : std::uint8_t {
  kNone,     ///< the request has nothing to do with sessions
  kNew,      ///< it came without one
  kKept,     ///< its own pool answered
  kAway,     ///< another pool answered, for as long as its own cannot
  kRedrawn,  ///< its epoch was over, and its pool was chosen anew
  kMoved,    ///< its pool is not of the split any more, or a tester chose another
  kCount
};
const char* to_string(SessionState state) noexcept;  ///< "none", "new", "kept", …

/// What became of a tester's word.
enum class OverrideState : std::uint8_t { kNone, kTaken, kRefused, kCount };
const char* to_string(OverrideState state) noexcept;  ///< "none", "taken", "refused"

/// Requests of one (route, pool) that the route's present weights decided. One writer.
///
/// A request counts when it ends, for the weights it was decided by: one that began before a change
/// and ends after it must not show traffic on a pool whose weight is 0 now.
class SinceChange {
 public:
  Cell requests, failures;
  Latency total;  ///< as SeriesCells::total

  /// Takes in a request that weights of `generation` decided. Newer weights than before begin anew;
  /// older ones do not count any more. `us` is none for a tunnel, whose time says nothing.
  void count(std::uint64_t generation, bool failed, std::optional<std::uint64_t> us) noexcept {
    const std::uint64_t held = generation_.load(std::memory_order_relaxed);
    if (generation < held) return;
    if (generation > held) [[unlikely]] {
      requests.set(0);
      failures.set(0);
      for (Cell& bucket : total.buckets) bucket.set(0);
      total.sum_us.set(0);
      generation_.store(generation, std::memory_order_release);
    }
    requests.add();
    if (failed) failures.add();
    if (us) total.record(*us);
  }

  /// Whether what is here was decided by weights of `generation`. A reader asks first; it must be
  /// the thread that publishes weights, so that none newer come while it reads.
  bool is_of(std::uint64_t generation) const noexcept {
    return generation_.load(std::memory_order_acquire) == generation;
  }

 private:
  std::atomic<std::uint64_t> generation_{0};
};

/// One (route, pool).
struct alignas(64) SeriesCells {
  std::array<Cell, 6>
      by_class;   ///< by status class of what the client got; [0]: no response was sent
  Cell failures;  ///< the upstream's fault, see classify.h
  std::array<Cell, static_cast<std::size_t>(Proof::kCount)>
      retries;     ///< attempts that moved here or stayed
  Cell fallbacks;  ///< requests that came here because their own pool could not
  Cell unknown;    ///< requests without a cohort key
  Cell bytes_from_client, bytes_to_client;  ///< on the wire of the client side, heads included
  Cell in_flight;
  Latency total;       ///< first byte of the request to last byte of the response
  Latency first_byte;  ///< request sent to response head
  SinceChange since_change;
  std::array<Cell, static_cast<std::size_t>(SessionState::kCount)> sessions;    ///< requests
  std::array<Cell, static_cast<std::size_t>(OverrideState::kCount)> overrides;  ///< requests
};

/// One pool: what a drain waits for besides short requests.
struct alignas(64) PoolCells {
  Cell streams;  ///< responses of unknown length that are being relayed now
  Cell tunnels;  ///< upgraded connections now
};

struct alignas(64) EndpointCells {
  Cell requests;     ///< attempts begun
  Cell failures;     ///< gateway errors: connect failure, reset, closed early, 502, 503, 504
  Cell consecutive;  ///< gateway errors since the last success
  Cell connects, connect_failures;
  Cell in_flight, connections, idle;
  Cell bytes_to_upstream, bytes_from_upstream;
};

struct alignas(64) ListenerCells {
  Cell accepted, active, refused;          ///< refused: over a limit
  Cell tls_full, tls_resumed, tls_failed;  ///< handshakes
};

/// One worker as a whole.
struct alignas(64) WorkerCells {
  std::array<Cell, 32> local_replies;  ///< answers of our own, by Fault
  Cell requests;                       ///< request heads that were complete and well-formed
  Cell client_aborts;                  ///< clients that left before their response was complete
  Cell tunnels;                        ///< upgraded connections now
  Cell loop_us, busy_us;               ///< wall time since the worker began, and its CPU time
  Cell access_lines, access_dropped;
  Cell memory_chunks;  ///< bytes in buffers now
  Cell generation;     ///< the snapshot it serves
  Cell retry_budget_exhausted;
};

/// Cells by id in blocks of 64, for one writer. Readers see null for what does not exist yet.
template <typename Cells, typename IdType>
class CellTable {
 public:
  static constexpr std::size_t kPerBlock = 64, kBlocksMax = 4096;
  CellTable() = default;
  ~CellTable() {
    for (auto& block : blocks_) delete[] block.load(std::memory_order_relaxed);
  }
  CellTable(const CellTable&) = delete;
  CellTable& operator=(const CellTable&) = delete;

  /// The writer's; makes the block when it is missing.
  Cells& at(IdType id) {
    std::atomic<Cells*>& block = blocks_[id.index() / kPerBlock];
    Cells* cells = block.load(std::memory_order_relaxed);
    if (cells == nullptr) [[unlikely]] {
      cells = new Cells[kPerBlock];
      block.store(cells, std::memory_order_release);
    }
    return cells[id.index() % kPerBlock];
  }
  /// A reader's, from any thread.
  const Cells* find(IdType id) const noexcept {
    if (id.index() / kPerBlock >= kBlocksMax) return nullptr;
    const Cells* cells = blocks_[id.index() / kPerBlock].load(std::memory_order_acquire);
    return cells == nullptr ? nullptr : cells + id.index() % kPerBlock;
  }

 private:
  std::array<std::atomic<Cells*>, kBlocksMax> blocks_{};
};

struct WorkerCounters {
  CellTable<SeriesCells, SeriesId> series;
  CellTable<EndpointCells, EndpointId> endpoints;
  CellTable<PoolCells, PoolId> pools;
  CellTable<ListenerCells, ListenerId> listeners;
  WorkerCells worker;
};

}  // namespace segue::telemetry
