// A queue, a condition and a mailbox.
#include "app/state_thread.h"

#include <utility>

#include <pthread.h>

namespace segue::app {

StateThread::StateThread(net::Loop& loop, StateStore store)
    : store_(std::move(store)), mailbox_(loop), thread_([this] { serve(); }) {
  pthread_setname_np(thread_.native_handle(), "segue-state");
}

StateThread::~StateThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StateThread::run(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void StateThread::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    if (Answer answer = job(store_)) mailbox_.post(std::move(answer));
    lock.lock();
  }
}

}  // namespace segue::app
