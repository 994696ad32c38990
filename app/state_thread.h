// The thread that waits for the disk, so that nobody else has to.
//
// It owns the StateStore from its start on: jobs run one after the other in the order in which they
// were given, and what they say is delivered on the control thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "app/state_store.h"
#include "lib/net/loop.h"
#include "lib/net/mailbox.h"

namespace segue::app {

class StateThread {
 public:
  /// What a job found out, told on the control thread. May be empty.
  using Answer = std::function<void()>;
  using Job = std::function<Answer(StateStore&)>;

  StateThread(net::Loop& loop, StateStore store);
  /// Does the jobs that were given, tells nobody about them, and ends.
  ~StateThread();
  StateThread(const StateThread&) = delete;
  StateThread& operator=(const StateThread&) = delete;

  void run(Job job);  ///< control thread

 private:
  void serve();

  StateStore store_;  // the thread's
  net::Mailbox mailbox_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;   // under mutex_
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace segue::app
