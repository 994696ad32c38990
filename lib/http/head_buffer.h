// The bytes of a head, contiguous, and the table of its fields. Pooled per worker.
//
// Because a head is contiguous, every span the parser reports extends the one before, and fields
// are views (docs/adr/0007). What follows the head in the same read (body, pipelined requests) lies
// behind.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "lib/http/message.h"

namespace segue::http {

/// The fields of a head as they are found: a vector that only ever grows, so that adding one costs
/// no more than writing it.
class FieldTable {
 public:
  Field& add() {
    if (count_ == capacity_) grow();
    return slots_[count_++];
  }
  Field& back() noexcept { return slots_[count_ - 1]; }  ///< there is one
  void clear() noexcept { count_ = 0; }
  std::size_t size() const noexcept { return count_; }
  std::span<Field> all() noexcept { return {slots_.get(), count_}; }

 private:
  static constexpr std::size_t kFirst = 32;  // more than a browser sends

  void grow();

  std::unique_ptr<Field[]> slots_{new Field[kFirst]};
  std::size_t count_ = 0, capacity_ = kFirst;
};

class HeadBuffer {
 public:
  static constexpr std::size_t kFirstBytes =
      16 * 1024;  ///< holds nearly every head and many a body

  HeadBuffer() : data_(new char[kFirstBytes]), capacity_(kFirstBytes) {}

  std::span<char> space() noexcept { return {data_.get() + filled_, capacity_ - filled_}; }
  void filled(std::size_t bytes) noexcept { filled_ += bytes; }

  /// What has arrived and was not yet taken.
  std::span<const char> unread() const noexcept { return {data_.get() + taken_, filled_ - taken_}; }
  void take(std::size_t bytes) noexcept { taken_ += bytes; }
  std::size_t taken() const noexcept { return taken_; }

  /// Doubles the capacity up to `max`; false at the limit. `fields` and the given views move along.
  bool grow(std::size_t max, std::span<std::string_view*> views);

  /// Adds bytes behind what is there, whatever their number (pipelined requests behind a body).
  /// Nothing moves; what does not fit waits aside until compact().
  void append(std::span<const char> bytes);
  bool overflowing() const noexcept {
    return !aside_.empty();
  }  ///< no more may be read until compact()

  /// Forgets what was taken and moves the rest to the front. Views die.
  void compact();
  void clear() noexcept;
  bool empty() const noexcept { return filled_ == taken_ && aside_.empty(); }

  FieldTable fields;

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_;
  std::size_t filled_ = 0;
  std::size_t taken_ = 0;
  std::vector<char> aside_;
};

}  // namespace segue::http
