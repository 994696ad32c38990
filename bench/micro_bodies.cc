// What it costs to find a cohort in a body: values early, late and nowhere in a payload, as JSON
// and within a form, whole and in pieces.
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro_allocations.h"
#include "lib/http/form_field.h"
#include "lib/http/json_scan.h"
#include "routing/body_scan.h"

namespace segue::bench {
namespace {

/// An object of about `bytes` whose members are like those of GitHub's payloads.
std::string some_object(std::size_t bytes) {
  std::string out = R"({"login":"octo-org","id":583231,"site_admin":false,"license":null)";
  for (std::size_t i = 0; out.size() < bytes; ++i) {
    out += ",\"link_" + std::to_string(i) + "_url\":\"https://api.example.com/repos/octo-org/" +
           "builder/link_" + std::to_string(i) + "{/sha}\"";
  }
  return out + "}";
}

/// A pull request's event of some 12 KiB; the repository is 8 KiB into it.
std::string payload() {
  return R"({"action":"synchronize","number":42,"pull_request":{"body":"Says *what*.\r\n\r\n- \"so\"",)"
         R"("head":)" +
         some_object(4000) + R"(,"base":)" + some_object(4000) +
         R"(},"repository":{"id":186853002,)" + R"("full_name":"octo-org/builder","owner":)" +
         some_object(3500) + R"(},"sender":{"id":7}})";
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

template <typename Scan>
void feed(Scan& scan, std::string_view text, std::size_t piece) {
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    if (scan.feed(Bytes(text.substr(0, piece))) == Scan::State::kDone) return;
  scan.end();
}

constexpr std::size_t kWhole = 1 << 20, kPieces = 1024;

void json_pointer(benchmark::State& state, const char* pointer, std::size_t piece) {
  const std::string text = payload();
  const http::JsonQuery query({{pointer, "", 0, 0}});
  http::JsonScan scan;
  CountAllocations counting(state);
  for (auto _ : state) {
    scan.begin(query);
    feed(scan, text, piece);
    benchmark::DoNotOptimize(scan.answer(0).term);
  }
}
BENCHMARK_CAPTURE(json_pointer, early, "/number", kWhole);
BENCHMARK_CAPTURE(json_pointer, late, "/repository/id", kWhole);
BENCHMARK_CAPTURE(json_pointer, late_in_1_KiB, "/repository/id", kPieces);
BENCHMARK_CAPTURE(json_pointer, absent, "/project/id", kWhole);
BENCHMARK_CAPTURE(json_pointer, absent_in_1_KiB, "/project/id", kPieces);

void repository(benchmark::State& state, routing::BodyForm form, std::size_t piece) {
  const std::string json = payload();
  const std::string text =
      form == routing::BodyForm::kJson ? json : "payload=" + percent_encoded(json);
  const std::vector<routing::BodyQuery::Source> sources = {
      {routing::BodyQuery::Source::Kind::kRepositoryById, ""}};
  const routing::BodyQuery query(sources);
  routing::BodyScan scan;
  CountAllocations counting(state);
  for (auto _ : state) {
    scan.begin(query, sources.size(), form, routing::Forge::kGitHub);
    feed(scan, text, piece);
    benchmark::DoNotOptimize(scan.key().source);
  }
  if (scan.key().alias != "octo-org/builder") state.SkipWithError("no repository");
}
BENCHMARK_CAPTURE(repository, json, routing::BodyForm::kJson, kWhole);
BENCHMARK_CAPTURE(repository, json_in_1_KiB, routing::BodyForm::kJson, kPieces);
BENCHMARK_CAPTURE(repository, form, routing::BodyForm::kFormPayload, kWhole);
BENCHMARK_CAPTURE(repository, form_in_1_KiB, routing::BodyForm::kFormPayload, kPieces);

void form_field(benchmark::State& state, std::size_t piece) {
  const std::string text = "token=c0ffee&payload=" + percent_encoded(payload());
  std::array<char, 2048> decoded;
  http::FormField field;
  CountAllocations counting(state);
  for (auto _ : state) {
    field.begin("payload");
    for (std::string_view left = text; !left.empty();) {
      Bytes bytes(left.substr(0, piece));
      left.remove_prefix(bytes.size());
      while (!bytes.empty()) benchmark::DoNotOptimize(field.read(bytes, decoded));
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(form_field, whole, kWhole);
BENCHMARK_CAPTURE(form_field, in_1_KiB, kPieces);

}  // namespace
}  // namespace segue::bench
