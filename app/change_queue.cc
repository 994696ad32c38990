// Two queues and one turn.
#include "app/change_queue.h"

#include <utility>

namespace segue::app {

bool ChangeQueue::push(Entry entry) {
  if (waiting_.size() >= kWaitingMax) return false;
  waiting_.push_back(std::move(entry));
  pump();
  return true;
}

void ChangeQueue::push_served(Entry entry) {
  served_.push_back(std::move(entry));
  pump();
}

void ChangeQueue::pump() {
  while (!busy_ && !(served_.empty() && waiting_.empty())) {
    busy_ = true;
    const bool served = !served_.empty();
    std::optional<Revision> revision = (served ? served_ : waiting_).front().begin();
    if (revision)
      return append_(*std::move(revision),
                     [this, served](const Number& number) { on_written(served, number); });
    (served ? served_ : waiting_).pop_front();
    busy_ = false;
  }
}

void ChangeQueue::on_written(bool served, const Number& number) {
  if (served && !number.ok()) {
    // It keeps its place; whoever waits behind it would be written without it.
    const auto end = served_.front().end;
    std::deque<Entry> refused = std::exchange(waiting_, {});
    busy_ = false;
    end(number);
    for (const Entry& entry : refused) entry.end(number);
    return;
  }
  std::deque<Entry>& queue = served ? served_ : waiting_;
  const Entry entry = std::move(queue.front());
  queue.pop_front();
  entry.end(number);
  busy_ = false;
  pump();
}

}  // namespace segue::app
