// Runs a fuzz target without libFuzzer: every seed of its corpus as it is, and as many mutations of
// it as asked for. What a compiler without libFuzzer can hold in every test run; finding new paths
// is for the fuzz preset.
//   NAME_fuzz CORPUS MUTATIONS      mutations are the same in every run
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "lib/base/rng.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::string;

// What breaks parsers more often than chance would.
constexpr std::string_view kBits[] = {"\r\n",   "\n",   "\r", "\t",     " ",
                                      ":",      ",",    ";",  "0\r\n",  "chunked",
                                      "\r\n ",  "\x7f", "%",  "HTTP/1", "Content-Length: 0\r\n",
                                      "ffffff", "\"",   "\\", "[",      "{",
                                      "}"};

Bytes mutated(Bytes bytes, const std::vector<Bytes>& seeds, segue::Rng& rng) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(rng.below(n)); };
  for (std::size_t steps = 1 + below(4); steps > 0; --steps) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        break;
      case 1: bytes.erase(at, 1 + below(8)); break;
      case 2: bytes.insert(at, kBits[below(std::size(kBits))]); break;
      case 3: bytes.insert(at, bytes.substr(below(bytes.size() + 1), below(64))); break;
      case 4: {
        const Bytes& other = seeds[below(seeds.size())];
        bytes.replace(at, Bytes::npos,
                      other.substr(std::min(other.size(), below(other.size() + 1))));
        break;
      }
      default: bytes.resize(at); break;
    }
  }
  return bytes;
}

void run(const Bytes& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s CORPUS MUTATIONS\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Bytes> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "%s has no seeds\n", argv[1]);
    return 1;
  }
  segue::Rng rng(1);
  const long mutations = std::atol(argv[2]);
  long count = 0;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    std::printf("%s\n", files[i].c_str());  // the last line names what crashed
    std::fflush(stdout);
    run(seeds[i]);
    for (long n = 0; n < mutations; ++n, ++count) run(mutated(seeds[i], seeds, rng));
  }
  std::printf("%zu seeds, %ld mutations\n", seeds.size(), count);
  return 0;
}
