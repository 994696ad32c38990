#include "app/demo_payloads.h"

#include <array>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace segue::app {
namespace {

using Json = nlohmann::json;
constexpr const char* kExamples =
    "tests/node_modules/@octokit/webhooks-examples/api.github.com/index.json";
constexpr int kMadeUp = 50;

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back("0123456789abcdef"[digest[i] >> 4]);
    hex.push_back("0123456789abcdef"[digest[i] & 15]);
  }
  return hex;
}

void add(DemoPayloads& payloads, std::string event, const Json& body) {
  DemoPayload payload{std::move(event), body.dump(-1, ' ', false, Json::error_handler_t::replace),
                      ""};
  payload.sha256 = sha256(payload.body);
  payloads.list.push_back(std::move(payload));
}

// Pushes of growing size: like the real ones in shape, not in variety.
DemoPayloads made_up() {
  DemoPayloads payloads;
  for (int n = 0; n < kMadeUp; ++n) {
    Json commits = Json::array();
    for (int c = 0; c <= n; ++c)
      commits.push_back({{"id", sha256(std::to_string(n * 1000 + c))},
                         {"message", "commit " + std::to_string(c)}});
    add(payloads, "push",
        {{"ref", "refs/heads/main"},
         {"repository", {{"id", n}, {"full_name", "org/app" + std::to_string(n)}}},
         {"commits", std::move(commits)}});
  }
  payloads.source = std::to_string(kMadeUp) +
                    " made-up pushes, because GitHub's example payloads are not installed "
                    "(npm ci --prefix tests)";
  return payloads;
}

}  // namespace

DemoPayloads load_payloads(const std::string& file) {
  std::ifstream in(file);
  const Json events = file.empty() || !in ? Json() : Json::parse(in, nullptr, false);
  DemoPayloads payloads;
  if (events.is_array())
    for (const Json& event : events)
      if (event.is_object() && event.contains("name") && event["name"].is_string() &&
          event.contains("examples"))
        for (const Json& example : event["examples"])
          add(payloads, event["name"].get<std::string>(), example);
  if (payloads.list.empty()) return made_up();
  payloads.source = std::to_string(payloads.list.size()) + " real GitHub payloads of " +
                    std::to_string(events.size()) + " kinds of event";
  return payloads;
}

std::string find_payloads() {
  std::error_code ignored;
  std::filesystem::path from = std::filesystem::read_symlink("/proc/self/exe", ignored);
  for (std::filesystem::path at : {std::filesystem::current_path(ignored), from.parent_path()})
    for (; !at.empty(); at = at.parent_path()) {
      if (std::filesystem::exists(at / kExamples, ignored)) return at / kExamples;
      if (at == at.root_path()) break;
    }
  return "";
}

}  // namespace segue::app
