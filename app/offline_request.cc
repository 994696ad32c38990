// The same rules for targets and field names as on the wire, with sentences instead of faults.
#include "app/offline_request.h"

#include "conf/text.h"
#include "lib/http/field.h"
#include "lib/http/target.h"

namespace segue::app {
namespace {

using conf::quoted;

// Fragments stay in browsers.
std::string without_fragment(const std::string& url) {
  return url.substr(0, url.find('#'));
}

}  // namespace

Result<std::unique_ptr<OfflineRequest>, std::string> OfflineRequest::make(
    std::string method, std::string url, const std::vector<std::string>& headers) {
  std::unique_ptr<OfflineRequest> request(new OfflineRequest);
  OfflineRequest& r = *request;
  r.method_ = std::move(method);
  r.url_ = without_fragment(url);
  if (!http::is_token(r.method_)) return fail(quoted(r.method_) + " is not a method");

  const http::Method kind = r.method_ == "OPTIONS" ? http::Method::kOptions : http::Method::kOther;
  const auto target = http::split_target(r.url_, kind);
  if (!target || target->form == http::Target::Form::kAuthority)
    return fail(quoted(url) +
                " is not a URL, expected one such as \"http://ci.example.com/job/app/\" or "
                "\"/job/app/\"");

  for (const std::string& header : headers) {
    const std::size_t colon = header.find(':');
    const std::string name = header.substr(0, colon);
    if (colon == std::string::npos || !http::is_token(name))
      return fail(quoted(header) + " is not a header, expected \"Name: value\"");
    r.headers_.emplace_back(name, http::trim(std::string_view(header).substr(colon + 1)));
  }
  for (const auto& [name, value] : r.headers_)
    r.fields_.push_back({name, value, http::field_id(name), false});
  r.head_.fields = r.fields_;
  const http::Field* host = r.head_.find(http::FieldId::kHost);
  if (host == nullptr && !target->authority.empty()) {
    r.fields_.push_back({"Host", target->authority, http::FieldId::kHost, false});
    r.head_.fields = r.fields_;
  }
  r.head_.method = r.method_;
  r.head_.method_id = kind;
  r.head_.target = r.url_;
  r.head_.path = target->path;
  r.head_.query = target->query;
  r.head_.authority = host != nullptr ? host->value : target->authority;
  return request;
}

void OfflineRequest::set_body(std::size_t bytes) {
  bool typed = false;
  for (const http::Field& field : fields_)
    typed = typed || http::same_name(field.name, "Content-Type");
  if (!typed) fields_.push_back({"Content-Type", "application/json", http::FieldId::kOther, false});
  head_.fields = fields_;
  head_.body = {http::BodyLength::Kind::kLength, bytes};
}

}  // namespace segue::app
