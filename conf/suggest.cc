// Edit distance over two or three rows, and the words around it.
#include "conf/suggest.h"

#include <algorithm>
#include <vector>

#include "conf/text.h"

namespace segue::conf {
namespace {

constexpr std::size_t kWordMax = 64;  // longer ones are no slips of the finger

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

// "warning" for "warn", "max" for "max_bytes"
bool is_beginning(std::string_view a, std::string_view b) {
  constexpr std::size_t kLettersMin = 3;
  return std::min(a.size(), b.size()) >= kLettersMin && (a.starts_with(b) || b.starts_with(a));
}

// Optimal string alignment: insert, delete, replace, swap neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
          folded(a[i - 2]) == folded(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kWordMax) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, (word.size() + 1) / 3) + 1;
  for (const std::string_view candidate : known) {
    if (candidate.size() > kWordMax) continue;
    const std::size_t d = is_beginning(word, candidate) ? 1 : distance(word, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view best = nearest(word, known);
  return best.empty() ? "" : "; did you mean " + quoted(best) + "?";
}

std::string listed(std::span<const std::string_view> words) {
  const std::size_t count = std::min(words.size(), kListedMax);
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const bool final = i + 1 == words.size();
    if (i > 0) out += final ? " and " : ", ";
    out += quoted(words[i]);
  }
  if (words.size() > count) out += " and " + std::to_string(words.size() - count) + " more";
  return out;
}

}  // namespace segue::conf
