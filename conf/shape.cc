// Shapes in words.
#include "conf/shape.h"

#include "conf/text.h"
#include "conf/units.h"

namespace segue::conf {
namespace {

using Kind = Shape::Kind;

std::string range(const Shape& shape) {
  const auto ms = [](std::uint64_t n) {
    return print_duration(std::chrono::milliseconds(static_cast<std::int64_t>(n)));
  };
  switch (shape.kind) {
    case Kind::kCount: return std::to_string(shape.low) + "…" + std::to_string(shape.high);
    case Kind::kSize: return print_size(shape.low) + "…" + print_size(shape.high);
    case Kind::kDuration: return ms(shape.low) + "…" + ms(shape.high);
    case Kind::kRatio: return toml_float(shape.ratio_low) + "…" + toml_float(shape.ratio_high);
    case Kind::kFlag:
    case Kind::kText:
    case Kind::kWord:
    case Kind::kTexts:
    case Kind::kOther: break;
  }
  return "";
}

std::string alternatives(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += quoted(words[i]);
  }
  return out;
}

}  // namespace

std::string expectation(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kFlag: return "true or false";
    case Kind::kCount: return "a whole number " + range(shape);
    case Kind::kSize: return "a size " + range(shape) + " such as \"64KiB\"";
    case Kind::kDuration: return "a duration " + range(shape) + " such as \"5s\"";
    case Kind::kRatio: return "a ratio " + range(shape) + " such as 0.1 or \"10%\"";
    case Kind::kText: return "a string";
    case Kind::kWord: return alternatives(shape.words);
    case Kind::kTexts: return "a list of strings";
    case Kind::kOther: return std::string(shape.type);
  }
  return "";
}

std::string type_words(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kFlag: return "true or false";
    case Kind::kCount: return "number " + range(shape);
    case Kind::kSize: return "size " + range(shape);
    case Kind::kDuration: return "duration " + range(shape);
    case Kind::kRatio: return "ratio " + range(shape);
    case Kind::kText: return "string";
    case Kind::kWord: return alternatives(shape.words);
    case Kind::kTexts: return "list of strings";
    case Kind::kOther: return std::string(shape.type);
  }
  return "";
}

}  // namespace segue::conf
