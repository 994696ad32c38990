// Changes one at a time and in order: each is on the disk before it is served, and the next begins
// when it is.
//
// What had to be served at once (the kill switch) goes before all that wait, and stays until it is
// written: nothing that comes after it is written without it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "app/journal.h"
#include "lib/base/result.h"

namespace segue::app {

class ChangeQueue {
 public:
  static constexpr std::size_t kWaitingMax = 64;

  using Number = Result<std::uint64_t, store::StoreError>;  ///< of the revision
  /// Writes, and says later how it went.
  using Append = std::function<void(Revision, std::function<void(const Number&)>)>;

  struct Entry {
    /// On its turn: what to write. None: there is nothing to write, and all is done and said.
    std::function<std::optional<Revision>()> begin;
    /// It is on the disk, or could not be written; then begin() was perhaps not called.
    std::function<void(const Number&)> end;
  };

  explicit ChangeQueue(Append append) : append_(std::move(append)) {}

  /// False when too many wait already.
  bool push(Entry entry);
  /// For what is served already. end() is called at every attempt until one succeeds.
  void push_served(Entry entry);
  /// Writing works again: goes on with what is served and not written.
  void resume() { pump(); }

  std::size_t unwritten() const noexcept { return served_.size(); }  ///< and served

 private:
  void pump();
  void on_written(bool served, const Number& number);

  Append append_;
  std::deque<Entry> served_, waiting_;
  bool busy_ = false;  // the front of one of them is being written, or begins
};

}  // namespace segue::app
