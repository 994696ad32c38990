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
  explicit Inspector(const JsonBounds& bounds) : bounds_(bounds) {}
  std::string sentence;

  bool null() override { return element(); }
  bool boolean(bool) override { return element(); }
  bool number_integer(number_integer_t) override { return element(); }
  bool number_unsigned(number_unsigned_t) override { return element(); }
  bool number_float(number_float_t, const string_t&) override { return element(); }
  bool string(string_t&) override { return element(); }
  bool binary(binary_t&) override { return element(); }
  bool start_object(std::size_t) override { return element() && enter(true); }
  bool start_array(std::size_t) override { return element() && enter(false); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (!open_.back().names.insert(name).second)
      return refuse("the member " + conf::quoted(name) + " occurs twice in one object");
    return count("an object", "members");
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
  struct Open {
    bool is_object;
    std::size_t items = 0;
    std::set<std::string> names = {};  // of an object's members
  };

  bool refuse(std::string why) {
    sentence = std::move(why);
    return false;
  }
  bool count(const char* what, const char* items) {
    if (++open_.back().items <= bounds_.items) return true;
    return refuse(std::string("the JSON has ") + what + " of more than " +
                  std::to_string(bounds_.items) + " " + items);
  }
  // Any value begins here; a member's was counted with its name.
  bool element() { return open_.empty() || open_.back().is_object || count("a list", "elements"); }
  bool enter(bool is_object) {
    open_.push_back({is_object});
    if (open_.size() <= bounds_.depth) return true;
    return refuse("the JSON is nested deeper than " + std::to_string(bounds_.depth) + " levels");
  }
  bool leave() {
    open_.pop_back();
    return true;
  }

  const JsonBounds bounds_;
  std::vector<Open> open_;  // the objects and arrays around what comes
};

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<Json, std::string> parse_json(std::string_view text, const JsonBounds& bounds) {
  Inspector inspector(bounds);
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
