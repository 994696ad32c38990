// Result<T, E>: a value or the reason why there is none; the part of std::expected that we use.
#pragma once

#include <utility>
#include <variant>

#include "lib/base/check.h"
#include "lib/base/error.h"

namespace segue {

/// Wraps an error on its way into a Result: `return fail(Error{...});`.
template <typename E>
struct Failure {
  E error;
};
template <typename E>
Failure<E> fail(E error) {
  return {std::move(error)};
}

template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT
  Result(Failure<E> failure)
      : state_(std::in_place_index<1>, std::move(failure.error)) {}  // NOLINT

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return check_value(), *std::get_if<0>(&state_); }
  const T& value() const& { return check_value(), *std::get_if<0>(&state_); }
  T&& value() && { return check_value(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const& {
    SEGUE_CHECK(!ok(), "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }
  E&& error() && {
    SEGUE_CHECK(!ok(), "error() of a Result that holds a value");
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  void check_value() const { SEGUE_CHECK(ok(), "value() of a Result that holds an error"); }
  std::variant<T, E> state_;
};

struct Done {};  ///< the value of a Result that has nothing to say
template <typename E = Error>
using Status = Result<Done, E>;

}  // namespace segue
