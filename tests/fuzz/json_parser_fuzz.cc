// Any bytes as JSON: what is told does not depend on the cuts, it is what another parser tells, and
// what is looked away from is checked no less.
#include "lib/http/json_parser.h"

#include "tests/fuzz/oracle.h"
#include "tests/support/json_events.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue;  // NOLINT(google-build-using-namespace)
  const fuzz::Input input = fuzz::input_of(data, size);
  const tests::Pieces uncut{input.text};
  const tests::JsonEvents whole = tests::json_events(uncut);
  fuzz::must(whole == tests::json_events(input.cut), "whole and cut differ");
  fuzz::must(tests::agree(whole, tests::boost_events(input.text)), "another reading");
  if (size == 0) return 0;
  const std::uint64_t declines = data[0] * std::uint64_t{0x9e37'79b9'7f4a'7c15};
  const tests::JsonEvents partly = tests::json_events(uncut, declines);
  fuzz::must(partly.whole == whole.whole, "taken or refused by who looks");
  fuzz::must(partly == tests::json_events(input.cut, declines), "whole and cut differ in part");
  return 0;
}
