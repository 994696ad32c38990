// Reading one value by its shape, and writing it back: one pair of functions per C++ type.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "conf/cursor.h"
#include "conf/shape.h"

namespace segue::conf {

/// Each reads the value at `at` into `out`, or complains and leaves `out` alone.
void read_value(const Cursor& at, const Shape& shape, bool& out);
void read_value(const Cursor& at, const Shape& shape, std::uint32_t& out);
void read_value(const Cursor& at, const Shape& shape, std::uint64_t& out);
void read_value(const Cursor& at, const Shape& shape, double& out);
void read_value(const Cursor& at, const Shape& shape, std::chrono::milliseconds& out);
void read_value(const Cursor& at, const Shape& shape,
                std::optional<std::chrono::milliseconds>& out);
void read_value(const Cursor& at, const Shape& shape, std::string& out);
void read_value(const Cursor& at, const Shape& shape, std::vector<std::string>& out);

/// The index of the word at `at` in shape.words, or none after a complaint.
std::optional<std::size_t> read_word(const Cursor& at, const Shape& shape);

template <typename E>
requires std::is_enum_v<E>
void read_value(const Cursor& at, const Shape& shape, E& out) {
  if (const auto index = read_word(at, shape)) out = static_cast<E>(*index);
}

/// The value in TOML; "" when it is the absence of one.
std::string print_value(const Shape& shape, bool value);
std::string print_value(const Shape& shape, std::uint32_t value);
std::string print_value(const Shape& shape, std::uint64_t value);
std::string print_value(const Shape& shape, double value);
std::string print_value(const Shape& shape, std::chrono::milliseconds value);
std::string print_value(const Shape& shape, const std::optional<std::chrono::milliseconds>& value);
std::string print_value(const Shape& shape, const std::string& value);
std::string print_value(const Shape& shape, const std::vector<std::string>& value);

template <typename E>
requires std::is_enum_v<E> std::string print_value(const Shape& shape, E value) {
  return print_value(shape, std::string(shape.words[static_cast<std::size_t>(value)]));
}

/// "[a, b]" of values that are TOML already.
std::string print_list(const std::vector<std::string>& values);

}  // namespace segue::conf
