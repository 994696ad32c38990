// A first pass over the text finds what must not be built (a SAX handler that only looks), a second
// builds it.
#include "admin/json.h"

#include <cmath>
#include <set>
#include <vector>

#include "conf/text.h"
#include "telemetry/timestamp.h"

namespace segue::admin {
namespace {

class Inspector final : public nlohmann::json_sax<Json> {
 public:
  explicit Inspector(std::size_t depth_max) : depth_max_(depth_max) {}
  std::string sentence;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (names_.back().insert(name).second) return true;
    sentence = "the member " + conf::quoted(name) + " occurs twice in one object";
    return false;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while …; last
    // read: '…'"
    std::string_view what = error.what();
    if (const auto end = what.find("] "); end != what.npos) what.remove_prefix(end + 2);
    if (const auto raw = what.find("; last read"); raw != what.npos) what = what.substr(0, raw);
    sentence = "the body is not JSON: " + std::string(what);
    return false;
  }

 private:
  bool enter() {
    names_.emplace_back();
    if (names_.size() <= depth_max_) return true;
    sentence = "the JSON is nested deeper than " + std::to_string(depth_max_) + " levels";
    return false;
  }
  bool leave() {
    names_.pop_back();
    return true;
  }

  const std::size_t depth_max_;
  std::vector<std::set<std::string>> names_;  // of the objects and arrays that are open
};

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<Json, std::string> parse_json(std::string_view text, std::size_t depth_max) {
  Inspector inspector(depth_max);
  if (!Json::sax_parse(text, &inspector)) return fail(std::move(inspector.sentence));
  return Json::parse(text, nullptr, false);
}

std::string to_text(const Json& json) {
  return dump(json, 2) + "\n";
}
std::string to_line(const Json& json) {
  return dump(json, -1);
}

Json timestamp(std::uint64_t wall_ms) {
  if (wall_ms == 0) return nullptr;
  char text[telemetry::kTimestampBytes];
  return std::string(text, telemetry::write_timestamp(text, wall_ms));
}

double rounded(double value) {
  return std::round(value * 10'000) / 10'000;
}

const char* kind_of(const Json& json) noexcept {
  switch (json.type()) {
    case Json::value_t::null: return "null";
    case Json::value_t::object: return "an object";
    case Json::value_t::array: return "a list";
    case Json::value_t::string: return "a string";
    case Json::value_t::boolean: return json.get<bool>() ? "true" : "false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return "a number";
    case Json::value_t::number_float: return "a fraction";
    case Json::value_t::binary:
    case Json::value_t::discarded: break;
  }
  return "nothing";
}

}  // namespace segue::admin
