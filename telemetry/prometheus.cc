// Numbers are written by std::to_chars: shortest form that reads back the same, and no locale.
#include "telemetry/prometheus.h"

#include <charconv>
#include <cmath>

namespace segue::telemetry {
namespace {

constexpr std::size_t kBoundFirst =
    4;  // the bucket that ends at 256 µs; every second one is a power of two
constexpr std::size_t kBoundLast = 42;  // 134 s
static_assert(Latency::upper_us(kBoundFirst) == 256);
static_assert(Latency::upper_us(kBoundLast) == 134'217'728);

void append_label_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '"') {
      out += "\\\"";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

void PrometheusWriter::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  type_ = type;
  help_ = help;
  begun_ = false;
}

void PrometheusWriter::head(std::string_view suffix, Labels labels, std::string_view le) {
  if (!begun_) {
    out_.append("# HELP ").append(name_).append(" ").append(help_).append("\n");
    out_.append("# TYPE ").append(name_).append(" ").append(type_).append("\n");
    begun_ = true;
  }
  out_.append(name_).append(suffix);
  char separator = '{';
  for (const auto& [name, value] : labels) {
    out_ += separator;
    separator = ',';
    out_.append(name).append("=\"");
    append_label_value(out_, value);
    out_ += '"';
  }
  if (!le.empty()) {
    out_ += separator;
    separator = ',';
    out_.append("le=\"").append(le).append("\"");
  }
  out_ += separator == ',' ? "} " : " ";
}

void PrometheusWriter::number(std::uint64_t value) {
  char text[24];
  out_.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
  out_ += '\n';
}

void PrometheusWriter::number(double value) {
  if (std::isnan(value)) {
    out_ += "NaN\n";
  } else if (std::isinf(value)) {
    out_ += value > 0 ? "+Inf\n" : "-Inf\n";
  } else {
    char text[32];
    out_.append(text, std::to_chars(text, text + sizeof(text), value).ptr);
    out_ += '\n';
  }
}

void PrometheusWriter::sample(Labels labels, std::uint64_t value) {
  head("", labels, "");
  number(value);
}

void PrometheusWriter::sample(Labels labels, double value) {
  head("", labels, "");
  number(value);
}

void PrometheusWriter::seconds(Labels labels, std::uint64_t micros) {
  head("", labels, "");
  number(static_cast<double>(micros) / 1e6);
}

void PrometheusWriter::sample(Labels labels, const Histogram& histogram) {
  std::uint64_t below = 0;
  std::size_t next = 0;
  for (std::size_t bound = kBoundFirst; bound <= kBoundLast; bound += 2) {
    while (next <= bound) below += histogram.buckets[next++];
    char le[16];
    const double seconds = static_cast<double>(Latency::upper_us(bound)) / 1e6;
    const char* end = std::to_chars(le, le + sizeof(le), seconds, std::chars_format::fixed).ptr;
    head("_bucket", labels, {le, static_cast<std::size_t>(end - le)});
    number(below);
  }
  // Not histogram.count() read anew: _count and +Inf must be the same number.
  while (next < histogram.buckets.size()) below += histogram.buckets[next++];
  head("_bucket", labels, "+Inf");
  number(below);
  head("_sum", labels, "");
  number(static_cast<double>(histogram.sum_us) / 1e6);
  head("_count", labels, "");
  number(below);
}

}  // namespace segue::telemetry
