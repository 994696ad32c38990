// The story of the demonstration, and what became of every delivery.
#pragma once

#include "app/demo_load.h"
#include "app/demo_stage.h"
#include "app/demo_view.h"

namespace segue::app {

struct DemoVerdict {
  std::uint64_t sent = 0, answered = 0;  ///< deliveries; answered with 2xx
  std::uint64_t lost = 0;                ///< on no server
  std::uint64_t duplicated = 0;          ///< more than once on the servers
  std::uint64_t changed = 0;             ///< the body that arrived is not the one that was sent
  std::uint64_t redelivered = 0;  ///< refused visibly, on no server, and sent once more at the end

  bool good() const noexcept { return lost == 0 && duplicated == 0 && changed == 0; }
};

/// Plays the story; `pace` 1 takes a minute. False when interrupted. Errors: a sentence.
Result<bool, std::string> tell_story(DemoStage& stage, DemoView& view, double pace);

/// Compares what was sent with what the servers have. `load` is stopped.
Result<DemoVerdict, std::string> judge(DemoStage& stage, DemoLoad& load,
                                       const DemoPayloads& payloads);

}  // namespace segue::app
