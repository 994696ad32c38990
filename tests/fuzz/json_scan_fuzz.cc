// Any bytes as JSON, and as a form: the answers do not depend on the cuts, and they are those of a
// parser that builds a tree.
#include "lib/http/json_scan.h"

#include "routing/body_scan.h"
#include "tests/fuzz/oracle.h"
#include "tests/support/json_oracle.h"

namespace {

using namespace segue;  // NOLINT(google-build-using-namespace)

const http::JsonQuery& query() {
  static const http::JsonQuery made({{"/repository/id", "", 0, 0},
                                     {"/project/id", "", 0, 0},
                                     {"/repository/project/key", "/repository/slug", 0, 1},
                                     {"/a/0/b", "", 0, 1},
                                     {"/repository/full_name", "", 0, 2},
                                     {"/repository/full_name", "", 1, 0},
                                     {"/a", "", 1, 1}});
  return made;
}

struct Answers {
  tests::SlowAnswer each[2];
  bool operator==(const Answers&) const = default;
};

Answers scan(const tests::Pieces& pieces) {
  http::JsonScan reading;
  reading.begin(query());
  for (const std::string_view piece : pieces) {
    const std::string copy(piece);  // on the heap, so that a look beyond it is seen
    reading.feed({copy.data(), copy.size()});
  }
  reading.end();
  Answers out;
  for (std::size_t i = 0; i < 2; ++i)
    out.each[i] = {reading.answer(i).term, std::string(reading.answer(i).value)};
  return out;
}

std::string scan_form(const tests::Pieces& pieces) {
  using Source = routing::BodyQuery::Source;
  static const Source sources[] = {{Source::Kind::kRepositoryById, ""},
                                   {Source::Kind::kPointer, "/a"}};
  static const routing::BodyQuery made{sources};
  routing::BodyScan reading;
  reading.begin(made, 2, routing::BodyForm::kFormPayload, routing::Forge::kGitLab);
  for (const std::string_view piece : pieces) reading.feed({piece.data(), piece.size()});
  reading.end();
  return std::to_string(reading.key().source) + " " + std::string(reading.key().text) + " " +
         std::string(reading.key().alias);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input = fuzz::input_of(data, size);
  const Answers whole = scan({input.text});
  fuzz::must(whole == scan(input.cut), "whole and cut differ");
  fuzz::must(scan_form({input.text}) == scan_form(input.cut), "whole and cut form differ");

  // The other parser takes a byte order mark, and a NUL for the end.
  if (input.text.empty() || input.text.front() == '\xef' ||
      input.text.find('\0') != std::string_view::npos)
    return 0;
  const auto tree = tests::TreeReader::read(input.text);
  if (!tree) return 0;
  for (std::size_t i = 0; i < 2; ++i) {
    tests::SlowAnswer found = whole.each[i];
    if (found.value.find("-0") != std::string::npos) continue;  // not kept as written
    fuzz::must(found == tests::slow_answer(*tree, query(), i), "the tree has another answer");
  }
  return 0;
}
