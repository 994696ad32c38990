// Problems as JSON, and suggestions for names that do not exist.
#include "admin/problem_json.h"

#include <nlohmann/json.hpp>

#include "admin/json.h"
#include "conf/suggest.h"
#include "conf/text.h"
#include "lib/http/status.h"

namespace segue::admin {
namespace {

const char* word_of(int status) {
  switch (status) {
    case 400: return "bad_request";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 408: return "timeout";
    case 412: return "precondition_failed";
    case 413: return "body_too_large";
    case 414: return "target_too_long";
    case 415: return "unsupported_media_type";
    case 417: return "expectation_failed";
    case 422: return "invalid";
    case 431: return "head_too_large";
    case 503: return "unavailable";
    case 505: return "version";
    default: return "failed";
  }
}

int status_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kInvalid: return 422;
    case Refusal::Kind::kNotFound: return 404;
    case Refusal::Kind::kPrecondition: return 412;
    case Refusal::Kind::kUnavailable: return 503;
  }
  return 500;
}

}  // namespace

Response problem_response(int status, std::string_view detail, const Problems& errors) {
  Json body = {{"type", std::string("urn:segue:problem:") + word_of(status)},
               {"title", http::reason_phrase(static_cast<std::uint16_t>(status))},
               {"status", status},
               {"detail", detail}};
  for (const Problem& problem : errors) {
    Json error = Json::object();
    if (!problem.path.empty()) error["path"] = problem.path;
    if (!problem.file.empty()) error["file"] = problem.file;
    if (problem.line > 0) {
      error["line"] = problem.line;
      error["column"] = problem.column;
    }
    error["detail"] = problem.text;
    body["errors"].push_back(std::move(error));
  }
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = to_text(body);
  return response;
}

Response problem_response(const Refusal& refusal) {
  return problem_response(status_of(refusal.kind), refusal.sentence, refusal.problems);
}

std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  std::string text = "unknown " + std::string(what) + " " + conf::quoted(word);
  const std::string suggestion = conf::did_you_mean(word, views);
  if (!suggestion.empty()) return text + suggestion;
  if (known.empty()) return text + "; there is none";
  return text + "; there " + (known.size() == 1 ? "is " : "are ") + conf::listed(views);
}

}  // namespace segue::admin
