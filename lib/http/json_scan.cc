// Follows pointers down a text and looks away elsewhere. Why with a parser of our own:
// docs/adr/0018.
#include "lib/http/json_scan.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>
#include <utility>

#include "lib/base/check.h"
#include "lib/http/json_parser.h"

namespace segue::http {
namespace {

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
/// *live* in the container where its next token would be. Only containers where one is are looked
/// into.
class JsonScan::Reader {
 public:
  using Text = JsonToken::Text;

  void begin(const JsonQuery& query, std::uint8_t ranks) {
    query_ = &query;
    ranks_ = ranks;
    const std::size_t count = query.pointers_.size();
    open_ = next_ = count == 32 ? ~Mask{0} : (Mask{1} << count) - 1;
    found_ = here_ = 0;
    depth_ = found_count_ = 0;
    for (Answered& answer : answers_) answer = {};
    done_ = false;
    along_ = true;
    decide();
  }

  /// Nothing more will be looked at: what is not known now never will be.
  void stop() noexcept { done_ = true; }
  /// From here on only the first answer is worth reading for.
  void end_along() noexcept {
    along_ = false;
    done_ = done_ || answers_[0].decided;
  }
  Answer answer(std::size_t which) const noexcept;

  // What the parser tells and asks.
  void on_key(Text key) noexcept { next_ = key ? named(*key) : 0; }
  void on_string(Text text) noexcept { value(text); }
  void on_number(Text text) noexcept { value(text); }
  void on_literal() noexcept { close(take_next()); }
  bool on_begin(JsonContainer kind) noexcept;
  void on_end() noexcept;
  bool looks() const noexcept { return here_ != 0 || depth_ == 0; }
  bool done() const noexcept { return done_; }

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

  void value(Text text) noexcept;
  void close(Mask pointers) noexcept;
  void decide();
  bool decide(std::size_t which);
  const JsonQuery::Goal* best_of(std::span<const JsonQuery::Goal> goals, bool& open) const noexcept;
  static void join(Answered& answer, const Value& first, const Value& second) noexcept;

  const JsonQuery* query_ = nullptr;
  Mask open_ = 0, found_ = 0;
  Mask here_ = 0;  // live in the current container
  Mask next_ = 0;  // lead on to the value that comes next
  std::size_t depth_ = 0;
  std::uint16_t found_count_ = 0;
  std::uint8_t ranks_ = 0;
  bool done_ = true;
  bool along_ = true;  // within kAlongBytes
  std::array<Level, JsonQuery::kTokensMax + 1> levels_;
  std::array<Value, JsonQuery::kPointersMax> values_;
  std::array<Answered, JsonQuery::kAnswers> answers_;
};

bool JsonScan::Reader::on_begin(JsonContainer kind) noexcept {
  const Mask through = take_next();
  const Mask ends = ending(through);  // a container is no value
  close(ends);
  const Mask into = through & ~ends;
  if (into == 0) return false;
  here_ = into;
  levels_[++depth_] = {into, kind == JsonContainer::kObject ? kObject : 0};
  return true;
}

void JsonScan::Reader::on_end() noexcept {
  const Mask lost = here_;
  --depth_;
  here_ = depth_ == 0 ? 0 : levels_[depth_].live & open_;
  close(lost);
}

void JsonScan::Reader::value(Text text) noexcept {
  const Mask through = take_next();
  const bool fits = text && !text->empty() && text->size() <= kValueBytesMax;
  for (Mask ends = fits ? ending(through) : 0; ends != 0; ends &= ends - 1) {
    const auto pointer = static_cast<std::size_t>(std::countr_zero(ends));
    Value& value = values_[pointer];
    std::copy(text->begin(), text->end(), value.text.begin());
    value.size = static_cast<std::uint16_t>(text->size());
    value.order = found_count_;
    found_ |= Mask{1} << pointer;
  }
  if (through != 0) ++found_count_;
  close(through);
}

/// Nothing more is to be found at `pointers`.
void JsonScan::Reader::close(Mask pointers) noexcept {
  if (pointers == 0) return;
  open_ &= ~pointers;
  here_ &= open_;
  decide();
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

struct JsonScan::Parser : JsonParser<Reader> {
  static_assert(kDepthMax == JsonScan::kDepthMax);
  static_assert(JsonToken::kTextBytesMax >= std::max(kValueBytesMax, JsonQuery::kTokenBytesMax));
};

JsonScan::JsonScan() : parser_(std::make_unique<Parser>()) {}

JsonScan::~JsonScan() = default;

void JsonScan::begin(const JsonQuery& query, std::uint8_t ranks) {
  parser_->begin();
  parser_->handler().begin(query, ranks);
  fed_ = 0;
}

JsonScan::State JsonScan::state() const noexcept {
  return parser_->handler().done() ? State::kDone : State::kMore;
}

JsonScan::State JsonScan::feed(Bytes bytes) {
  Reader& reader = parser_->handler();
  while (!bytes.empty() && !reader.done()) {
    // Whatever the pieces are, the second answer is looked for in the same part of the text.
    const bool along = fed_ < JsonQuery::kAlongBytes;
    const Bytes piece =
        along ? bytes.first(std::min(bytes.size(), JsonQuery::kAlongBytes - fed_)) : bytes;
    if (parser_->feed(piece) == Parser::State::kFault) reader.stop();
    fed_ += piece.size();
    if (along && fed_ == JsonQuery::kAlongBytes) reader.end_along();
    bytes = bytes.subspan(piece.size());
  }
  return state();
}

JsonScan::State JsonScan::end() {
  // A text that is a number would be over now. It has no answers either way.
  parser_->handler().stop();
  return State::kDone;
}

JsonScan::Answer JsonScan::answer(std::size_t which) const noexcept {
  return parser_->handler().answer(which);
}

}  // namespace segue::http
