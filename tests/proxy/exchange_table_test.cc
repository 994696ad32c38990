// Every state with every event, against the picture in the header.
#include "proxy/exchange_table.h"

#include <map>
#include <utility>

#include <doctest/doctest.h>

namespace segue::proxy {
namespace {

constexpr auto kStates = static_cast<int>(State::kCount), kEvents = static_cast<int>(Event::kCount);

State expected(State from, Event event) {
  static const std::map<std::pair<State, Event>, State> kPicture{
      {{State::kIdle, Event::kHead}, State::kRouting},
      {{State::kRouting, Event::kNeedsBody}, State::kReading},
      {{State::kReading, Event::kBodyRead}, State::kRouting},
      {{State::kRouting, Event::kPicked}, State::kConnecting},
      {{State::kRouting, Event::kFull}, State::kQueued},
      {{State::kQueued, Event::kSlot}, State::kRouting},
      {{State::kConnecting, Event::kConnected}, State::kWaiting},
      {{State::kConnecting, Event::kRefused}, State::kRouting},
      {{State::kWaiting, Event::kRefused}, State::kRouting},
      {{State::kWaiting, Event::kElsewhere}, State::kRouting},
      {{State::kWaiting, Event::kFinalHead}, State::kRelaying},
      {{State::kWaiting, Event::kSwitched}, State::kTunnel},
  };
  if (event == Event::kEnd) return from == State::kDone ? State::kCount : State::kDone;
  if (event == Event::kReply) {
    const bool before_response = from == State::kRouting || from == State::kReading ||
                                 from == State::kQueued || from == State::kConnecting ||
                                 from == State::kWaiting;
    return before_response ? State::kReplying : State::kCount;
  }
  const auto arrow = kPicture.find({from, event});
  return arrow == kPicture.end() ? State::kCount : arrow->second;
}

}  // namespace

TEST_SUITE("proxy/exchange_table") {
  TEST_CASE("every state and event lead where the picture says, and nowhere else") {
    for (int s = 0; s < kStates; ++s)
      for (int e = 0; e < kEvents; ++e) {
        CAPTURE(s);
        CAPTURE(e);
        CHECK((next(static_cast<State>(s), static_cast<Event>(e)) ==
               expected(static_cast<State>(s), static_cast<Event>(e))));
      }
  }

  TEST_CASE("no arrow is written down twice") {
    for (const Arrow& a : kArrows) {
      int same = 0;
      for (const Arrow& b : kArrows) same += a.from == b.from && a.event == b.event;
      CHECK(same == 1);
    }
  }

  TEST_CASE("every state can end, and none but the first needs a head") {
    for (int s = 0; s < static_cast<int>(State::kDone); ++s)
      CHECK((next(static_cast<State>(s), Event::kEnd) == State::kDone));
    for (int s = 1; s < kStates; ++s)
      CHECK((next(static_cast<State>(s), Event::kHead) == State::kCount));
  }
}

}  // namespace segue::proxy
