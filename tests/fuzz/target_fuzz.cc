// Any bytes as a request target: views stay inside it, and normalising is done after one time.
#include "lib/http/target.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string normal(std::string_view path) {
  std::string scratch(path.size(), '\0');
  std::string_view out;
  must(segue::http::normalise(path, scratch, out));
  must(out.size() <= path.size());
  return std::string(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue::http;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Method method : {Method::kGet, Method::kOptions, Method::kConnect}) {
    const auto target = split_target(text, method);
    if (!target) continue;
    must(within(target->authority, text) && within(target->query, text) &&
         within(target->scheme, text));
    must(within(target->path, text) || target->path == "/" || target->path == "*");
    must(within(host_of(target->authority), target->authority));
    find_parameter(target->query, "repo");
  }
  const std::string once = normal(text);
  if (text.starts_with('/')) {
    must(once.starts_with('/'));
    must(once.find("//") == std::string::npos && once.find("/../") == std::string::npos &&
         once.find("/./") == std::string::npos && once.find('\\') == std::string::npos &&
         once.find(';') == std::string::npos);
  }
  return 0;
}
