// file:/path, read once when the configuration is.
#include "conf/secret.h"

#include "conf/file.h"

namespace segue::conf {

Result<std::string, std::string> read_secret(std::string_view text) {
  constexpr std::string_view kScheme = "file:";
  if (!text.starts_with(kScheme)) return std::string(text);
  const std::string path(text.substr(kScheme.size()));
  auto content = read_file(path, kSecretBytesMax);
  if (!content) return fail(path + " " + content.error());
  std::string secret = *std::move(content);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return fail(path + " is empty");
  return secret;
}

}  // namespace segue::conf
