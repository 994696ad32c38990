// "Did you mean": the known word nearest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace segue::conf {

/// The nearest of `known` by Damerau-Levenshtein distance (case and `-` against `_` count nothing),
/// or
/// "" when none is near: a third of the word's letters at most, or one begins with the other. A
/// view into `known`.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// "; did you mean \"interval\"?" or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

/// "\"a\", \"b\" and \"c\"" in the order given; at most kListedMax of them, then "and N more".
std::string listed(std::span<const std::string_view> words);
inline constexpr std::size_t kListedMax = 24;

}  // namespace segue::conf
