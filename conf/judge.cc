// Names, paths, methods, fields and expressions.
#include "conf/judge.h"

#include <algorithm>
#include <regex>

#include <sys/un.h>

namespace segue::conf {
namespace {

// Those that routing::PathRegex compiles with: without backtracking where the library can, so that
// a match takes time linear in the path.
constexpr std::regex::flag_type kRegexFlags = std::regex::ECMAScript | std::regex::nosubs
#ifdef __GLIBCXX__
                                              | std::regex_constants::__polynomial
#endif
    ;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// RFC 9110 §5.6.2
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool has_dot_segment(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (segment == "." || segment == "..") return true;
    at = end + 1;
  }
  return false;
}

std::string judge_path_characters(std::string_view text) {
  if (!text.starts_with('/')) return " does not begin with \"/\"";
  if (std::ranges::any_of(text, is_control)) return " has control characters";
  if (text.find('#') != std::string_view::npos) return " has a fragment, which no request carries";
  return "";
}

std::string regex_words(std::regex_constants::error_type code) {
  namespace rc = std::regex_constants;
  if (code == rc::error_collate) return "an unknown class of characters";
  if (code == rc::error_ctype) return "an unknown class of characters";
  if (code == rc::error_escape) return "an escape that means nothing, or a backslash at the end";
  if (code == rc::error_backref) return "a back reference to a group that is not there";
  if (code == rc::error_brack) return "a \"[\" without its \"]\"";
  if (code == rc::error_paren) return "an unmatched \"(\" or \")\", or a repetition of nothing";
  if (code == rc::error_brace) return "a \"{\" without its \"}\"";
  if (code == rc::error_badbrace) return "a bad count between \"{\" and \"}\"";
  if (code == rc::error_range) return "a bad range of characters";
  if (code == rc::error_badrepeat) return "a repetition of nothing";
  if (code == rc::error_complexity) return "a back reference, which takes unbounded time";
  return "more states than it may have";
}

}  // namespace

std::string judge_name(std::string_view text) {
  const bool good =
      !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char c) {
        return is_alnum(c) || c == '.' || c == '_' || c == '-';
      });
  return good ? ""
              : " is not a name, expected 1…" + std::to_string(kNameMax) +
                    " of letters, digits, \".\", \"_\" and \"-\"";
}

std::string judge_route_path(std::string_view text) {
  if (const std::string wrong = judge_path_characters(text); !wrong.empty()) return wrong;
  if (text.find('?') != std::string_view::npos)
    return " has a query; match it with query = { name = \"value\" }";
  // Requests are matched in normalised form, which has neither.
  if (text.find("//") != std::string_view::npos) return " has an empty segment \"//\"";
  if (has_dot_segment(text)) return " has a segment \".\" or \"..\"";
  return "";
}

std::string judge_check_path(std::string_view text) {
  if (text.find(' ') != std::string_view::npos) return " has a space, expected \"%20\"";
  return judge_path_characters(text);
}

std::string judge_cohort_path(std::string_view text) {
  constexpr std::string_view kHole = "{*}";
  if (const std::string wrong = judge_route_path(text); !wrong.empty()) return wrong;
  const std::size_t hole = text.find(kHole);
  const bool one = hole != std::string_view::npos &&
                   text.substr(0, hole).find_first_of("{}*") == std::string_view::npos &&
                   text.substr(hole + kHole.size()).find_first_of("{}*") == std::string_view::npos;
  return one ? "" : " needs {*} once, as in \"/job/{*}/\"";
}

std::string judge_json_pointer(std::string_view text) {
  if (text.size() > kPointerMax) return " has more than " + std::to_string(kPointerMax) + " bytes";
  if (!text.starts_with('/'))
    return " does not begin with \"/\", expected one like \"/repository/id\"";
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return " has a \"~\" that is neither \"~0\" nor \"~1\" (RFC 6901)";
  if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '/')) > kPointerNamesMax)
    return " goes through more than " + std::to_string(kPointerNamesMax) + " names";
  return "";
}

std::string judge_cookie_pattern(std::string_view text) {
  if (text == "*") return "";
  const std::string_view name = text.ends_with('*') ? text.substr(0, text.size() - 1) : text;
  const bool good = is_token(name) && name.find('*') == std::string_view::npos;
  return good ? "" : " is not the name of a cookie, or its beginning and \"*\"";
}

std::string judge_regex(std::string_view text) {
  if (text.size() > kRegexMax) return " has more than " + std::to_string(kRegexMax) + " bytes";
  try {  // the library has no other way to say it
    const std::regex compiled(text.begin(), text.end(), kRegexFlags);
  } catch (const std::regex_error& error) {
    return " is not a regular expression: it has " + regex_words(error.code());
  }
  return "";
}

std::string judge_method(std::string_view text) {
  if (!is_token(text)) return " is not a method, expected one such as \"GET\"";
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (upper != text) return " is not a method; did you mean \"" + upper + "\"?";
  if (upper == "CONNECT") return " is refused on every route";
  return "";
}

std::string judge_field_name(std::string_view text) {
  return is_token(text) ? "" : " is not a header name";
}

std::string judge_field_value(std::string_view text) {
  const bool bad = std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\t'; });
  return bad ? " has control characters" : "";
}

std::string judge_file(std::string_view text) {
  return std::ranges::any_of(text, is_control) ? " has control characters" : "";
}

std::string judge_socket_path(std::string_view text) {
  constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
  if (text.starts_with("unix:"))
    return " is an address, expected the path alone, without \"unix:\"";
  if (text.size() > kPathMax)
    return " has more than the " + std::to_string(kPathMax) + " bytes a socket's path may have";
  return judge_file(text);
}

std::string judge_account(std::string_view text) {
  constexpr std::size_t kAccountMax = 32;  // useradd(8)
  const bool good =
      !text.empty() && text.size() <= kAccountMax && std::ranges::all_of(text, [](char c) {
        return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '$';
      });
  return good ? "" : " is not the name of a user or group";
}

std::string judge_needle(std::string_view text) {
  return text.size() > kNeedleMax ? " has more than " + std::to_string(kNeedleMax) + " bytes" : "";
}

}  // namespace segue::conf
