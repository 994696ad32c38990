// A handler for Boost.JSON's push parser that follows pointers down and looks away elsewhere. Why
// this parser: docs/adr/0015.
#include "lib/http/json_scan.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

#include "lib/base/check.h"

namespace segue::http {
namespace {

namespace json = boost::json;

/// A reference token with ~1 and ~0 resolved (RFC 6901 §4); false when a '~' is none of them.
bool unescape(std::string_view raw, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '~') {
      out += raw[i];
    } else if (++i < raw.size() && (raw[i] == '0' || raw[i] == '1')) {
      out += raw[i] == '0' ? '~' : '/';
    } else {
      return false;
    }
  }
  return true;
}

/// Calls `visit(raw token)` for each token of a pointer.
template <typename Visit>
void for_each_token(std::string_view pointer, Visit&& visit) {
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    visit(pointer.substr(0, slash));
    pointer = slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
  }
}

std::string_view view(json::string_view text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace

bool is_json_pointer(std::string_view text) noexcept {
  if (text.empty() || text.front() != '/') return false;
  bool good = true;
  std::size_t tokens = 0;
  for_each_token(text, [&](std::string_view raw) {
    ++tokens;
    if (raw.size() > JsonQuery::kTokenBytesMax) good = false;
    for (std::size_t i = 0; i < raw.size(); ++i)
      if (raw[i] == '~' && (i + 1 == raw.size() || (raw[i + 1] != '0' && raw[i + 1] != '1')))
        good = false;
  });
  return good && tokens <= JsonQuery::kTokensMax;
}

JsonQuery::JsonQuery(std::vector<Term> terms) : terms_(std::move(terms)) {
  SEGUE_CHECK(terms_.size() <= kTermsMax, "the configuration allows fewer");
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const Term& term = terms_[i];
    Goal goal;
    goal.first = goal.second = add(term.pointer);
    if (!term.second.empty()) goal.second = add(term.second);
    goal.pointers = Mask{1} << goal.first | Mask{1} << goal.second;
    goal.rank = term.rank;
    goal.term = static_cast<std::uint8_t>(i);
    goals_.at(term.answer).push_back(goal);
  }
  for (std::vector<Goal>& goals : goals_)
    std::stable_sort(goals.begin(), goals.end(),
                     [](const Goal& a, const Goal& b) { return a.rank < b.rank; });
}

/// The number of `pointer`, which it may have already.
std::uint8_t JsonQuery::add(std::string_view pointer) {
  std::vector<Token> tokens;
  for_each_token(pointer, [&](std::string_view raw) {
    Token& token = tokens.emplace_back();
    SEGUE_CHECK(unescape(raw, token.text), "is_json_pointer()");
    const std::string& text = token.text;
    const char* const end = text.data() + text.size();
    std::uint64_t index = 0;
    const auto [at, error] = std::from_chars(text.data(), end, index);
    if (error == std::errc{} && at == end && (text.front() != '0' || text.size() == 1))
      token.index = index;
  });
  SEGUE_CHECK(!tokens.empty() && tokens.size() <= kTokensMax, "is_json_pointer()");
  const auto same = [&](const std::vector<Token>& known) {
    return std::equal(known.begin(), known.end(), tokens.begin(), tokens.end(),
                      [](const Token& a, const Token& b) { return a.text == b.text; });
  };
  const auto known = std::find_if(pointers_.begin(), pointers_.end(), same);
  const auto number = static_cast<std::uint8_t>(known - pointers_.begin());
  if (known != pointers_.end()) return number;
  SEGUE_CHECK(pointers_.size() < kPointersMax, "the configuration allows fewer");
  pointers_.push_back(std::move(tokens));
  return number;
}

/// The parser's handler. A pointer is *open* until its value was seen or can no longer come; it is
/// *live* in the container where its next token would be.
class JsonScan::Reader {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  void begin(const JsonQuery& query, std::uint8_t ranks) {
    query_ = &query;
    ranks_ = ranks;
    const std::size_t count = query.pointers_.size();
    open_ = next_ = count == 32 ? ~Mask{0} : (Mask{1} << count) - 1;
    found_ = here_ = 0;
    depth_ = found_count_ = 0;
    key_size_ = text_size_ = 0;
    for (Answered& answer : answers_) answer = {};
    done_ = false;
    along_ = true;
    decide();
  }

  bool done() const noexcept { return done_; }
  /// Nothing more will be looked at: what is not known now never will be.
  void stop() noexcept { done_ = true; }
  /// From here on only the first answer is worth reading for.
  void end_along() noexcept {
    along_ = false;
    done_ = done_ || answers_[0].decided;
  }
  Answer answer(std::size_t which) const noexcept;

  // What the parser tells. False, with the error set, ends the reading.
  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code& ec) { return open_ == 0 || close(open_, ec); }
  bool on_object_begin(json::error_code& ec) { return enter(kObject, ec); }
  bool on_object_end(std::size_t, json::error_code& ec) { return leave(ec); }
  bool on_array_begin(json::error_code& ec) { return enter(0, ec); }
  bool on_array_end(std::size_t, json::error_code& ec) { return leave(ec); }
  bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
    if (here_ != 0) append(key_, key_size_, view(s));
    return true;
  }
  bool on_key(json::string_view s, std::size_t, json::error_code&) {
    if (here_ == 0) return true;
    if (key_size_ == 0) {
      next_ = named(view(s));
    } else {
      append(key_, key_size_, view(s));
      next_ = key_size_ > key_.size() ? 0 : named({key_.data(), key_size_});
      key_size_ = 0;
    }
    return true;
  }
  bool on_string_part(json::string_view s, std::size_t, json::error_code&) { return part(view(s)); }
  bool on_string(json::string_view s, std::size_t, json::error_code& ec) {
    return value(view(s), ec);
  }
  bool on_number_part(json::string_view s, json::error_code&) { return part(view(s)); }
  bool on_int64(std::int64_t, json::string_view s, json::error_code& ec) {
    return value(view(s), ec);
  }
  bool on_uint64(std::uint64_t, json::string_view s, json::error_code& ec) {
    return value(view(s), ec);
  }
  bool on_double(double, json::string_view s, json::error_code& ec) { return value(view(s), ec); }
  bool on_bool(bool, json::error_code& ec) { return no_value(ec); }
  bool on_null(json::error_code& ec) { return no_value(ec); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  using Mask = JsonQuery::Mask;
  static constexpr std::uint64_t kObject = ~std::uint64_t{0};  // in place of an array's next index

  struct Level {
    Mask live = 0;
    std::uint64_t index = kObject;  // of the next element; kObject: no array
  };
  struct Value {
    std::array<char, kValueBytesMax> text;
    std::uint16_t size = 0;
    std::uint16_t order = 0;  // the how manieth that was found
  };
  struct Answered {
    bool decided = false;
    const JsonQuery::Goal* goal = nullptr;  // null: not there
    std::array<char, 2 * kValueBytesMax + 1> joined;
    std::size_t joined_size = 0;
  };

  template <std::size_t N>
  static void append(std::array<char, N>& to, std::size_t& size, std::string_view text) noexcept {
    // One more than fits tells of a text that is too long.
    if (size > N) return;
    const std::size_t n = std::min(text.size(), N - size);
    std::copy_n(text.data(), n, to.data() + size);
    size += n < text.size() ? n + 1 : n;
  }

  /// The live pointers whose next token is `key`.
  Mask named(std::string_view key) const noexcept {
    Mask out = 0;
    for (Mask rest = here_; rest != 0; rest &= rest - 1) {
      const auto pointer = static_cast<std::size_t>(std::countr_zero(rest));
      if (query_->pointers_[pointer][depth_ - 1].text == key) out |= Mask{1} << pointer;
    }
    return out;
  }
  Mask numbered(std::uint64_t index) const noexcept {
    Mask out = 0;
    for (Mask rest = here_; rest != 0; rest &= rest - 1) {
      const auto pointer = static_cast<std::size_t>(std::countr_zero(rest));
      if (query_->pointers_[pointer][depth_ - 1].index == index) out |= Mask{1} << pointer;
    }
    return out;
  }

  /// A value begins: which pointers lead to it or through it. Asked once per value.
  Mask take_next() noexcept {
    if (here_ != 0 && levels_[depth_].index != kObject) next_ = numbered(levels_[depth_].index++);
    return std::exchange(next_, 0) & open_;
  }
  /// Of `mask`, the pointers that end here.
  Mask ending(Mask mask) const noexcept {
    Mask out = 0;
    for (; mask != 0; mask &= mask - 1) {
      const auto pointer = static_cast<std::size_t>(std::countr_zero(mask));
      if (query_->pointers_[pointer].size() == depth_) out |= Mask{1} << pointer;
    }
    return out;
  }

  bool enter(std::uint64_t kind, json::error_code& ec) {
    const Mask through = take_next();
    Mask ends = 0;
    if (through != 0) ends = ending(through);
    ++depth_;
    here_ = through & ~ends;
    if (depth_ < levels_.size()) levels_[depth_] = {here_, kind == kObject ? kObject : 0};
    return ends == 0 || close(ends, ec);  // a container is no value
  }
  bool leave(json::error_code& ec) {
    const Mask lost = here_ & open_;
    --depth_;
    here_ = depth_ < levels_.size() ? levels_[depth_].live & open_ : 0;
    if (depth_ == 0) here_ = 0;
    return lost == 0 || close(lost, ec);
  }
  bool part(std::string_view text) {
    if (here_ != 0) append(text_, text_size_, text);
    return true;
  }
  bool value(std::string_view text, json::error_code& ec);
  bool no_value(json::error_code& ec) {
    const Mask ends = take_next();
    return ends == 0 || close(ends, ec);
  }
  bool close(Mask pointers, json::error_code& ec);
  void decide();
  bool decide(std::size_t which);
  const JsonQuery::Goal* best_of(std::span<const JsonQuery::Goal> goals, bool& open) const noexcept;
  static void join(Answered& answer, const Value& first, const Value& second) noexcept;

  const JsonQuery* query_ = nullptr;
  Mask open_ = 0, found_ = 0;
  Mask here_ = 0;  // live in the current container
  Mask next_ = 0;  // lead on to the value that comes next
  std::size_t depth_ = 0;
  std::size_t key_size_ = 0, text_size_ = 0;
  std::uint16_t found_count_ = 0;
  std::uint8_t ranks_ = 0;
  bool done_ = true;
  bool along_ = true;  // within kAlongBytes
  std::array<Level, JsonQuery::kTokensMax + 1> levels_;
  std::array<char, JsonQuery::kTokenBytesMax> key_;
  std::array<char, kValueBytesMax> text_;
  std::array<Value, JsonQuery::kPointersMax> values_;
  std::array<Answered, JsonQuery::kAnswers> answers_;
};

bool JsonScan::Reader::value(std::string_view text, json::error_code& ec) {
  if (here_ == 0) return true;
  if (text_size_ > 0) {
    append(text_, text_size_, text);
    text = {text_.data(), text_size_};
    text_size_ = 0;
  }
  const Mask through = take_next();
  if (through == 0) return true;
  const bool fits = !text.empty() && text.size() <= kValueBytesMax;
  for (Mask ends = fits ? ending(through) : 0; ends != 0; ends &= ends - 1) {
    const auto pointer = static_cast<std::size_t>(std::countr_zero(ends));
    Value& value = values_[pointer];
    std::copy(text.begin(), text.end(), value.text.begin());
    value.size = static_cast<std::uint16_t>(text.size());
    value.order = found_count_;
    found_ |= Mask{1} << pointer;
  }
  ++found_count_;
  return close(through, ec);
}

/// Nothing more is to be found at `pointers`.
bool JsonScan::Reader::close(Mask pointers, json::error_code& ec) {
  open_ &= ~pointers;
  here_ &= open_;
  decide();
  if (done_) ec = json::make_error_code(json::error::exception);  // any: it is not looked at
  return !done_;
}

void JsonScan::Reader::decide() {
  for (std::size_t which = 0; which < answers_.size(); ++which)
    if (!answers_[which].decided) answers_[which].decided = decide(which);
  done_ = answers_[0].decided && (answers_[1].decided || !along_);
}

bool JsonScan::Reader::decide(std::size_t which) {
  std::span<const JsonQuery::Goal> goals = query_->goals_[which];
  while (!goals.empty() && (which != 0 || goals.front().rank < ranks_)) {
    std::size_t same = 1;
    while (same < goals.size() && goals[same].rank == goals.front().rank) ++same;
    bool open = false;
    if (const JsonQuery::Goal* best = best_of(goals.first(same), open)) {
      answers_[which].goal = best;
      if (best->first != best->second)
        join(answers_[which], values_[best->first], values_[best->second]);
      return true;
    }
    if (open) return false;
    goals = goals.subspan(same);
  }
  return true;
}

/// The one of `goals` that was complete first, or null; `open`: one may still become complete.
const JsonQuery::Goal* JsonScan::Reader::best_of(std::span<const JsonQuery::Goal> goals,
                                                 bool& open) const noexcept {
  const JsonQuery::Goal* best = nullptr;
  const auto complete_at = [&](const JsonQuery::Goal& goal) {
    return std::max(values_[goal.first].order, values_[goal.second].order);
  };
  for (const JsonQuery::Goal& goal : goals) {
    if ((goal.pointers & ~found_) != 0) {
      open = open || (goal.pointers & ~found_ & ~open_) == 0;
    } else if (best == nullptr || complete_at(goal) < complete_at(*best)) {
      best = &goal;
    }
  }
  return best;
}

void JsonScan::Reader::join(Answered& answer, const Value& first, const Value& second) noexcept {
  char* at = std::copy_n(first.text.data(), first.size, answer.joined.data());
  *at++ = '/';
  at = std::copy_n(second.text.data(), second.size, at);
  answer.joined_size = static_cast<std::size_t>(at - answer.joined.data());
}

JsonScan::Answer JsonScan::Reader::answer(std::size_t which) const noexcept {
  const Answered& answer = answers_[which];
  if (!answer.decided || answer.goal == nullptr) return {};
  const JsonQuery::Goal& goal = *answer.goal;
  if (goal.first != goal.second) return {goal.term, {answer.joined.data(), answer.joined_size}};
  return {goal.term, {values_[goal.first].text.data(), values_[goal.first].size}};
}

// The scan.

struct JsonScan::Parser {
  boost::json::basic_parser<Reader> push{[] {
    boost::json::parse_options options;
    options.max_depth = kDepthMax;
    return options;
  }()};
  Reader& reader() noexcept { return push.handler(); }
};

JsonScan::JsonScan() : parser_(std::make_unique<Parser>()) {}

JsonScan::~JsonScan() = default;

void JsonScan::begin(const JsonQuery& query, std::uint8_t ranks) {
  parser_->push.reset();
  parser_->reader().begin(query, ranks);
  fed_ = 0;
}

JsonScan::State JsonScan::state() const noexcept {
  return parser_->reader().done() ? State::kDone : State::kMore;
}

JsonScan::State JsonScan::feed(Bytes bytes) {
  while (!bytes.empty() && state() == State::kMore) {
    // Whatever the pieces are, the second answer is looked for in the same part of the text.
    const bool along = fed_ < JsonQuery::kAlongBytes;
    const Bytes piece =
        along ? bytes.first(std::min(bytes.size(), JsonQuery::kAlongBytes - fed_)) : bytes;
    write(piece, More::kYes);
    fed_ += piece.size();
    if (along && fed_ == JsonQuery::kAlongBytes) parser_->reader().end_along();
    bytes = bytes.subspan(piece.size());
  }
  return state();
}

JsonScan::State JsonScan::end() {
  if (state() == State::kMore) write({}, More::kNo);
  parser_->reader().stop();
  return State::kDone;
}

void JsonScan::write(Bytes bytes, More more) {
  json::error_code ec;
  parser_->push.write_some(more == More::kYes, bytes.data(), bytes.size(), ec);
  if (ec) parser_->reader().stop();
}

JsonScan::Answer JsonScan::answer(std::size_t which) const noexcept {
  return parser_->reader().answer(which);
}

}  // namespace segue::http
