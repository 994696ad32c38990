// Allocations beside the times of a micro-benchmark: what a request does must allocate nothing.
#pragma once

#include <cstddef>

#include <benchmark/benchmark.h>

namespace segue::bench {

/// Calls of operator new in this process so far. bench/micro_main.cc counts them.
std::size_t allocations() noexcept;

/// Counts from its making to its end and reports them per iteration, as `allocs`. Made last before
/// the loop, so that what is prepared does not count.
class CountAllocations {
 public:
  explicit CountAllocations(benchmark::State& state) : state_(state), before_(allocations()) {}
  ~CountAllocations() {
    state_.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations() - before_),
                                                   benchmark::Counter::kAvgIterations);
  }
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;

 private:
  benchmark::State& state_;
  std::size_t before_;
};

}  // namespace segue::bench
