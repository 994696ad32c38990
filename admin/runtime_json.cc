// A member for each part of a Runtime, and a reader that wants each to be there.
#include "admin/runtime_json.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "routing/split.h"

namespace segue::admin {
namespace {

using nlohmann::json;
using routing::Pin;
using routing::Revert;
using routing::Runtime;
using routing::Said;
using routing::Weights;
using routing::Word;

// A byte that is no UTF-8 is written as this character and two digits, and so is the character.
constexpr char kEscape = '\x10';
constexpr std::string_view kHex = "0123456789abcdef";

// The bytes of the UTF-8 character that `text` begins with; 0 when it is none (RFC 3629 §4).
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(2) ? 3
                                                                                              : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(2) &&
                   follows(3)
               ? 4
               : 0;
  return 0;
}

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = text[0] == kEscape ? 0 : character(text);
    if (bytes == 0) {
      const auto byte = static_cast<unsigned char>(text[0]);
      out += {kEscape, kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t high = i + 2 < text.size() ? kHex.find(text[i + 1]) : kHex.npos;
    const std::size_t low = i + 2 < text.size() ? kHex.find(text[i + 2]) : kHex.npos;
    if (text[i] != kEscape || high == kHex.npos || low == kHex.npos) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// Writing. The plain json keeps its members sorted, so that equal runtimes give equal text.

json weights_of(const Weights& weights) {
  json out = json::object();
  for (const auto& [pool, weight] : weights) out[escaped(pool)] = weight;
  return out;
}

json to_json(const Runtime& runtime) {
  json weights = json::object(), reverts = json::object(), pins = json::object(),
       epochs = json::object(), endpoints = json::object();
  for (const auto& [route, set] : runtime.weights) weights[escaped(route)] = weights_of(set);
  for (const auto& [route, revert] : runtime.reverts)
    reverts[escaped(route)] = {{"at_ms", revert.at_ms}, {"weights", weights_of(revert.weights)}};
  for (const auto& [group, all] : runtime.pins) {
    json& of_group = pins[escaped(group)] = json::object();
    for (const auto& [key, pin] : all)
      of_group[escaped(key)] = {{"pool", escaped(pin.pool)},     {"hard", pin.hard},
                                {"reason", escaped(pin.reason)}, {"by", escaped(pin.by)},
                                {"since_ms", pin.since_ms},      {"until_ms", pin.until_ms}};
  }
  for (const auto& [group, epoch] : runtime.epochs) epochs[escaped(group)] = epoch;
  for (const auto& [pool, all] : runtime.endpoints) {
    json& of_pool = endpoints[escaped(pool)] = json::object();
    for (const auto& [address, said] : all)
      of_pool[escaped(address)] = {{"word", to_string(said.word)}, {"until_ms", said.until_ms}};
  }
  return {{"version", kRuntimeVersion},    {"weights", std::move(weights)},
          {"reverts", std::move(reverts)}, {"pins", std::move(pins)},
          {"epochs", std::move(epochs)},   {"endpoints", std::move(endpoints)}};
}

// Reading. The first thing that is wrong is kept; what is read after it does not matter.
class Reader {
 public:
  std::string wrong;

  Runtime runtime(const json& from) {
    Runtime out;
    Object all(*this, "the runtime", from,
               {"version", "weights", "reverts", "pins", "epochs", "endpoints"});
    if (const std::uint64_t version = all.number("version", kNumberMax); version != kRuntimeVersion)
      refuse("version", "is " + std::to_string(version) + ", this segue reads " +
                            std::to_string(kRuntimeVersion));
    each(all.at("weights"), "weights", [&](const std::string& route, const json& set) {
      out.weights[route] = weights(set, "weights of " + route);
    });
    each(all.at("reverts"), "reverts", [&](const std::string& route, const json& set) {
      Object revert(*this, "the revert of " + route, set, {"at_ms", "weights"});
      out.reverts[route] = {revert.number("at_ms", kNumberMax),
                            weights(revert.at("weights"), "the revert of " + route)};
    });
    each(all.at("pins"), "pins", [&](const std::string& group, const json& set) {
      auto& of_group = out.pins[group];
      each(set, "pins of " + group, [&](const std::string& key, const json& one) {
        of_group[key] = pin(one, "the pin of " + key);
      });
    });
    each(all.at("epochs"), "epochs", [&](const std::string& group, const json& epoch) {
      out.epochs[group] = static_cast<std::uint32_t>(
          number(epoch, "the epoch of " + group, std::numeric_limits<std::uint32_t>::max()));
    });
    each(all.at("endpoints"), "endpoints", [&](const std::string& pool, const json& set) {
      auto& of_pool = out.endpoints[pool];
      each(set, "endpoints of " + pool, [&](const std::string& address, const json& one) {
        of_pool[address] = said(one, "the endpoint " + address);
      });
    });
    return out;
  }

 private:
  static constexpr std::uint64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

  // An object with exactly these members.
  struct Object {
    Object(Reader& reader, std::string name, const json& from,
           std::initializer_list<const char*> members)
        : reader_(reader), name_(std::move(name)), from_(from) {
      if (!from.is_object()) {
        reader_.refuse(name_, "is no object");
        return;
      }
      for (const char* member : members)
        if (!from.contains(member)) reader_.refuse(name_, std::string("has no ") + member);
      for (const auto& [member, value] : from.items())
        if (std::find(members.begin(), members.end(), member) == members.end())
          reader_.refuse(name_, "has " + member + ", which this segue does not know");
    }
    const json& at(const char* member) const {
      static const json kNull;
      return from_.is_object() && from_.contains(member) ? from_[member] : kNull;
    }
    std::uint64_t number(const char* member, std::uint64_t max) const {
      return reader_.number(at(member), name_ + ": " + member, max);
    }
    std::string text(const char* member) const {
      const json& value = at(member);
      if (value.is_string()) return unescaped(value.get_ref<const std::string&>());
      reader_.refuse(name_, std::string(member) + " is no string");
      return "";
    }
    bool flag(const char* member) const {
      if (at(member).is_boolean()) return at(member).get<bool>();
      reader_.refuse(name_, std::string(member) + " is neither true nor false");
      return false;
    }

   private:
    Reader& reader_;
    const std::string name_;
    const json& from_;
  };

  void refuse(const std::string& name, const std::string& what) {
    if (wrong.empty()) wrong = name + " " + what;
  }
  std::uint64_t number(const json& value, const std::string& name, std::uint64_t max) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= max)
      return value.get<std::uint64_t>();
    refuse(name, "is " + value.dump(-1, ' ', true, json::error_handler_t::replace) +
                     ", expected a whole number 0…" + std::to_string(max));
    return 0;
  }
  template <typename Take>
  void each(const json& from, const std::string& name, Take take) {
    if (!from.is_object()) return refuse(name, "is no object");
    for (const auto& [member, value] : from.items()) take(unescaped(member), value);
  }
  Weights weights(const json& from, const std::string& name) {
    Weights out;
    each(from, name, [&](const std::string& pool, const json& weight) {
      out[pool] =
          static_cast<std::uint32_t>(number(weight, name + ": " + pool, routing::kWeightMax));
    });
    return out;
  }
  Pin pin(const json& from, const std::string& name) {
    const Object one(*this, name, from, {"pool", "hard", "reason", "by", "since_ms", "until_ms"});
    return {one.text("pool"),
            one.flag("hard"),
            one.text("reason"),
            one.text("by"),
            one.number("since_ms", kNumberMax),
            one.number("until_ms", kNumberMax)};
  }
  Said said(const json& from, const std::string& name) {
    const Object one(*this, name, from, {"word", "until_ms"});
    const std::string text = one.text("word");
    for (const Word word :
         {Word::kNone, Word::kReady, Word::kDrain, Word::kOut, Word::kUp, Word::kDown})
      if (text == to_string(word)) return {word, one.number("until_ms", kNumberMax)};
    refuse(name, "has the word " + text + ", which this segue does not know");
    return {};
  }
};

Json readable_weights(const Weights& weights) {
  Json out = Json::object();
  for (const auto& [pool, weight] : weights) out.push_back({pool, weight});
  return out;
}

}  // namespace

std::string runtime_text(const Runtime& runtime) {
  return to_json(runtime).dump(-1, ' ', true);
}

Result<Runtime, std::string> parse_runtime(std::string_view text) {
  if (text.empty()) return Runtime();
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return fail(std::string("the runtime is no JSON"));
  Reader reader;
  Runtime runtime = reader.runtime(parsed);
  if (!reader.wrong.empty()) return fail(std::move(reader.wrong));
  return runtime;
}

// A member is pushed, not looked up: that would take time quadratic in the number of pins.
Json runtime_json(const Runtime& runtime) {
  Json weights = Json::object(), reverts = Json::object(), pins = Json::array(),
       epochs = Json::object(), endpoints = Json::array();
  for (const auto& [route, set] : runtime.weights)
    weights.push_back({route, readable_weights(set)});
  for (const auto& [route, revert] : runtime.reverts)
    reverts.push_back({route, Json{{"at", timestamp(revert.at_ms)},
                                   {"weights", readable_weights(revert.weights)}}});
  for (const auto& [group, all] : runtime.pins)
    for (const auto& [key, pin] : all)
      pins.push_back({{"group", group},
                      {"key", key},
                      {"pool", pin.pool},
                      {"hard", pin.hard},
                      {"reason", pin.reason},
                      {"by", pin.by},
                      {"since", timestamp(pin.since_ms)},
                      {"until", timestamp(pin.until_ms)}});
  for (const auto& [group, epoch] : runtime.epochs) epochs.push_back({group, epoch});
  for (const auto& [pool, all] : runtime.endpoints)
    for (const auto& [address, said] : all)
      endpoints.push_back({{"pool", pool},
                           {"address", address},
                           {"state", to_string(said.word)},
                           {"until", timestamp(said.until_ms)}});
  return {{"weights", std::move(weights)},
          {"reverts", std::move(reverts)},
          {"pins", std::move(pins)},
          {"sessions", std::move(epochs)},
          {"endpoints", std::move(endpoints)}};
}

Json differences_json(const std::vector<routing::Difference>& differences) {
  Json list = Json::array();
  for (const routing::Difference& one : differences)
    list.push_back({{"what", to_string(one.kind)},
                    {"name", one.name},
                    {"before", one.before},
                    {"after", one.after}});
  return list;
}

}  // namespace segue::admin
