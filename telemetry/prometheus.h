// Writes the text format that Prometheus reads (version 0.0.4), one family after the other.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "telemetry/histogram.h"

namespace segue::telemetry {

/// A label's name (a constant of ours) and its value (any text; it is escaped).
using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

class PrometheusWriter {
 public:
  /// Begins a family; its HELP and TYPE lines stand once before its first sample, and nowhere when
  /// it has none. `name` and `help` are constants of ours; a counter's name ends in _total, and no
  /// name may begin twice.
  void counter(std::string_view name, std::string_view help) { begin(name, "counter", help); }
  void gauge(std::string_view name, std::string_view help) { begin(name, "gauge", help); }
  void histogram(std::string_view name, std::string_view help) { begin(name, "histogram", help); }

  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  /// A sum of microseconds, written in seconds.
  void seconds(Labels labels, std::uint64_t micros);
  /// Bounds in seconds: every power of two from 256 µs to 134 s, each a bound of Latency's own
  /// buckets, so nothing is estimated.
  void sample(Labels labels, const Histogram& histogram);

  const std::string& text() const noexcept { return out_; }

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help);
  void head(std::string_view suffix, Labels labels, std::string_view le);
  void number(std::uint64_t value);
  void number(double value);

  std::string out_;
  std::string_view name_, type_, help_;
  bool begun_ = false;  // HELP and TYPE of this family are written
};

}  // namespace segue::telemetry
