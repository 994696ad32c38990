#include "app/demo_story.h"

#include <array>
#include <cmath>

#include "lib/base/clock.h"

namespace segue::app {
namespace {

constexpr double kTickSeconds = 0.25;

enum class Act { kWeights, kKill, kRestart, kEnd };
struct Step {
  double at;  // seconds from the beginning
  Act act;
  int old_weight, new_weight;  // kWeights
  const char* sentence;
};
constexpr std::array<Step, 7> kStory{{
    {0, Act::kWeights, 100, 0,
     "Everything goes to the old CI server; the new one is only being checked. (One page in 25 "
     "takes half a second on purpose.)"},
    {10, Act::kWeights, 75, 25,
     "A quarter of the repositories and of the people move to the new one."},
    {22, Act::kWeights, 50, 50, "Half of them."},
    {30, Act::kKill, 0, 0,
     "The new server is killed (SIGKILL): its traffic falls back to the old one."},
    {40, Act::kRestart, 0, 0,
     "The new server comes back, is found healthy and takes its half again."},
    {49, Act::kWeights, 0, 100, "Everything moves to the new server."},
    {59, Act::kEnd, 0, 0, "The end of the story."},
}};

Status<std::string> perform(DemoStage& stage, const Step& step) {
  switch (step.act) {
    case Act::kWeights: return stage.set_weights(step.old_weight, step.new_weight, step.sentence);
    case Act::kKill: stage.kill_new(); return Done{};
    case Act::kRestart: return stage.restart_new();
    case Act::kEnd: return Done{};
  }
  return Done{};
}

std::string announcement(const Step& step) {
  std::string text = "[" + std::to_string(static_cast<int>(step.at)) + " s] " + step.sentence;
  if (step.act == Act::kWeights)
    text += "  (weights " + std::to_string(step.old_weight) + "/" +
            std::to_string(step.new_weight) + ")";
  return text;
}

using Copies = std::map<std::string, std::vector<std::string>>;  // id -> sha256 of each copy

Result<Copies, std::string> collect(DemoStage& stage) {
  Copies copies;
  for (const char* server : {"old", "new"}) {
    auto list = stage.deliveries(server);
    if (!list) return fail(std::move(list).error());
    for (auto& [id, sha256] : *list) copies[id].push_back(sha256);
  }
  return copies;
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

Result<bool, std::string> tell_story(DemoStage& stage, DemoView& view, double pace) {
  const Instant begun = now();
  for (std::size_t next = 0;;) {
    const double seconds = static_cast<double>((now() - begun).count()) / 1e6 / pace;
    if (demo_interrupted()) return false;
    if (!stage.segue_lives())
      return fail<std::string>("segue has ended in the middle of the story");
    const std::vector<DemoRow> rows = stage.rows();
    if (seconds >= kStory[next].at) {
      const Step& step = kStory[next];
      if (next > 0) view.print(rows);  // how the step before it ended
      view.say(announcement(step));
      if (auto done = perform(stage, step); !done) return fail(std::move(done).error());
      if (++next == kStory.size()) return true;
      continue;
    }
    view.draw(rows, std::to_string(static_cast<int>(std::floor(seconds))) + " s; next at " +
                        std::to_string(static_cast<int>(kStory[next].at)) +
                        " s. Ctrl-C ends everything.");
    demo_sleep(kTickSeconds * std::min(pace, 1.0));
  }
}

Result<DemoVerdict, std::string> judge(DemoStage& stage, DemoLoad& load,
                                       const DemoPayloads& payloads) {
  DemoVerdict verdict;
  auto copies = collect(stage);
  if (!copies) return fail(std::move(copies).error());
  // What GitHub's operator would do with a delivery that shows as failed and that no server knows.
  for (const auto& [id, delivery] : load.deliveries()) {
    if (is_success(delivery.status) || copies->contains(id)) continue;
    load.redeliver(id);
    ++verdict.redelivered;
  }
  if (verdict.redelivered > 0) copies = collect(stage);
  if (!copies) return fail(std::move(copies).error());
  for (const auto& [id, delivery] : load.deliveries()) {
    ++verdict.sent;
    verdict.answered += is_success(delivery.status) ? 1 : 0;
    const auto at = copies->find(id);
    if (at == copies->end()) {
      ++verdict.lost;
      continue;
    }
    verdict.duplicated += at->second.size() > 1 ? 1 : 0;
    for (const std::string& sha256 : at->second)
      verdict.changed += sha256 == payloads.list[delivery.payload].sha256 ? 0 : 1;
  }
  return verdict;
}

}  // namespace segue::app
