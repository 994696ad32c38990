// The states of an exchange and the arrows between them, as data.
//
//                   kReading
//         needs body ▲ │ body read
//           head     │ ▼    picked               connected           final head
//   kIdle ───────▶ kRouting ───────▶ kConnecting ──────────▶ kWaiting ─────────▶ kRelaying
//                  │ ▲  ▲ ▲             │  │                  │ │ │ 101              │
//             full │ │  │ └── refused ──┘  │                  │ │ └────▶ kTunnel     │
//                  ▼ │  └──── refused ─────┼──────────────────┘ │          │         │
//               kQueued                    │                    │          │         │
//                  │ reply                 │ reply              │ reply    │ end     │ end
//                  └───────▶ kReplying ◀───┴────────────────────┘          ▼         ▼
//                               └──────────────── end ────────────────▶  kDone  ◀────┘
//
// A final head that is not passed on because other pools are asked too (kElsewhere) leads from
// kWaiting back to kRouting, as a refusal does.
//
// An abort (kEnd) leads to kDone from anywhere, and a reply from kReading as from kRouting.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace segue::proxy {

enum class State : std::uint8_t {
  kIdle,        // waits for a head
  kRouting,     // choosing route, pool, endpoint; also while backing off before another attempt
  kReading,     // the body is read until it names the cohort
  kQueued,      // every endpoint of the pool is at its limit
  kConnecting,  // waiting for a connection to the endpoint
  kWaiting,     // the request is on its way, no final response head yet
  kRelaying,    // final head sent to the client: no retry any more
  kTunnel,      // upgraded: bytes both ways
  kReplying,    // sending a response of our own
  kDone,
  kCount,  // no such arrow
};

enum class Event : std::uint8_t {
  kHead,       // a complete request head
  kNeedsBody,  // the cohort is in the body, if anywhere
  kBodyRead,   // as far as it was needed
  kPicked,     // an endpoint was chosen
  kFull,       // endpoints in rotation, none with a free place
  kSlot,       // a place became free
  kConnected,  // a connection is there, fresh or reused
  kRefused,    // the attempt failed and may be repeated
  kElsewhere,  // a final response head that is not passed on: another pool is asked
  kFinalHead,  // a final response head
  kSwitched,   // a 101 that fits
  kReply,      // an answer of our own
  kEnd,        // everything sent, or somebody left
  kCount,
};

struct Arrow {
  State from;
  Event event;
  State to;
};

inline constexpr Arrow kArrows[] = {
    {State::kIdle, Event::kHead, State::kRouting},
    {State::kRouting, Event::kNeedsBody, State::kReading},
    {State::kReading, Event::kBodyRead, State::kRouting},
    {State::kRouting, Event::kPicked, State::kConnecting},
    {State::kRouting, Event::kFull, State::kQueued},
    {State::kQueued, Event::kSlot, State::kRouting},
    {State::kConnecting, Event::kConnected, State::kWaiting},
    {State::kConnecting, Event::kRefused, State::kRouting},
    {State::kWaiting, Event::kRefused, State::kRouting},
    {State::kWaiting, Event::kElsewhere, State::kRouting},
    {State::kWaiting, Event::kFinalHead, State::kRelaying},
    {State::kWaiting, Event::kSwitched, State::kTunnel},
    {State::kRouting, Event::kReply, State::kReplying},
    {State::kReading, Event::kReply, State::kReplying},
    {State::kQueued, Event::kReply, State::kReplying},
    {State::kConnecting, Event::kReply, State::kReplying},
    {State::kWaiting, Event::kReply, State::kReplying},
    {State::kIdle, Event::kEnd, State::kDone},
    {State::kRouting, Event::kEnd, State::kDone},
    {State::kReading, Event::kEnd, State::kDone},
    {State::kQueued, Event::kEnd, State::kDone},
    {State::kConnecting, Event::kEnd, State::kDone},
    {State::kWaiting, Event::kEnd, State::kDone},
    {State::kRelaying, Event::kEnd, State::kDone},
    {State::kTunnel, Event::kEnd, State::kDone},
    {State::kReplying, Event::kEnd, State::kDone},
};

namespace detail {
using Row = std::array<State, static_cast<std::size_t>(Event::kCount)>;
constexpr auto make_table() {
  std::array<Row, static_cast<std::size_t>(State::kCount)> table{};
  for (Row& row : table) row.fill(State::kCount);
  for (const Arrow& arrow : kArrows)
    table[static_cast<std::size_t>(arrow.from)][static_cast<std::size_t>(arrow.event)] = arrow.to;
  return table;
}
inline constexpr auto kTable = make_table();
}  // namespace detail

/// Where `event` leads from `from`; State::kCount when nowhere.
constexpr State next(State from, Event event) noexcept {
  return detail::kTable[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
}

static_assert(next(State::kRelaying, Event::kRefused) == State::kCount &&
                  next(State::kTunnel, Event::kRefused) == State::kCount,
              "no retry once a byte of the final response has reached the client");

}  // namespace segue::proxy
