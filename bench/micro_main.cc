// All micro-benchmarks in one program, and the operator new that counts for them.
#include <cstdlib>
#include <new>

#include "bench/micro_allocations.h"

namespace {
std::size_t count = 0;  // one thread measures
}  // namespace

std::size_t segue::bench::allocations() noexcept {
  return count;
}

void* operator new(std::size_t size) {
  ++count;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

BENCHMARK_MAIN();
