// Any text at all is a configuration or a list of problems; what is right prints to something that
// means the same.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/load.h"
#include "conf/print.h"
#include "lib/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue::conf;
  constexpr std::size_t kTextMax = 64 * 1024;
  if (size > kTextMax) return 0;
  const Environment environment = [](const std::string& name) {
    return name == "A" ? std::optional<std::string>("x:1") : std::nullopt;
  };
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse(text, "segue.toml", environment);
  if (!config) {
    SEGUE_CHECK(!config.error().empty(), "a refusal has a reason");
    return 0;
  }
  const auto again = parse(print(*config), "segue.toml", environment);
  SEGUE_CHECK(again.ok() && *again == *config, "what is printed reads back as the same");
  return 0;
}
