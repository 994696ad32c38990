// The command lines of the benchmark's programs: options with values, and a refusal that shows the
// usage.
#pragma once

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace segue::bench {

/// Goes over the arguments once. `usage` is printed for --help (exit code 0) and behind a refusal
/// (2).
class Arguments {
 public:
  Arguments(int argc, char** argv, std::string_view usage)
      : argc_(argc), argv_(argv), usage_(usage) {}

  /// On to the next option; false behind the last.
  bool next() {
    if (++at_ >= argc_) return false;
    name_ = argv_[at_];
    if (name_ == "--help") {
      std::fputs(usage_.data(), stdout);
      std::exit(0);
    }
    return true;
  }
  bool is(std::string_view name) const { return name_ == name; }

  /// The option's value. It holds as long as the program.
  std::string_view text() {
    if (at_ + 1 >= argc_) refuse(std::string(name_) + " needs a value");
    return argv_[++at_];
  }
  template <typename Number>
  void read(Number& out) {
    const std::string_view value = text();
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc() || end != value.data() + value.size()) {
      refuse(std::string(name_) + " needs a number");
    }
  }

  [[noreturn]] void refuse(std::string_view what) const {
    std::fprintf(stderr, "%s: %.*s\n%s", argv_[0], static_cast<int>(what.size()), what.data(),
                 usage_.data());
    std::exit(2);
  }
  [[noreturn]] void refuse_unknown() const { refuse(std::string(name_) + " is unknown"); }

 private:
  int argc_;
  char** argv_;
  std::string_view usage_;
  int at_ = 0;
  std::string_view name_;
};

}  // namespace segue::bench
