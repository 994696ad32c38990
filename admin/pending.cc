// Who waits for which change.
#include "admin/pending.h"

#include <utility>

#include "admin/problem_json.h"

namespace segue::admin {

Control::Done Pending::wait(Reply reply, Instant deadline,
                            std::function<Response(const Applied&)> applied,
                            std::function<Response()> late) {
  auto waiting = std::make_shared<Waiting>(
      Waiting{std::move(reply), deadline, std::move(applied), std::move(late)});
  waiting_.push_back(waiting);
  // Weak: after `late`, or without us, nobody waits any more.
  return [this, weak = std::weak_ptr(waiting)](Result<Applied, Refusal> result) {
    const auto held = weak.lock();
    if (held == nullptr) return;
    std::erase(waiting_, held);
    held->reply.send(result ? held->applied(*result) : problem_response(result.error()));
  };
}

void Pending::tick(Instant now) {
  std::vector<std::shared_ptr<Waiting>> late;
  std::erase_if(waiting_, [&](const auto& waiting) {
    if (waiting->deadline > now) return false;
    late.push_back(waiting);
    return true;
  });
  for (const auto& waiting : late) waiting->reply.send(waiting->late());
}

}  // namespace segue::admin
