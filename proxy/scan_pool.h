// Scans of bodies, borrowed from the worker while a body is looked for its cohort in.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "routing/body_scan.h"

namespace segue::proxy {

/// Free scans of one worker, last in first out.
class ScanPool {
 public:
  static constexpr std::size_t kKept = 64;  // 1 MiB

  std::unique_ptr<routing::BodyScan> take() {
    if (free_.empty()) return std::make_unique<routing::BodyScan>();
    std::unique_ptr<routing::BodyScan> scan = std::move(free_.back());
    free_.pop_back();
    return scan;
  }
  void give(std::unique_ptr<routing::BodyScan> scan) {
    if (free_.size() < kKept) free_.push_back(std::move(scan));
  }

 private:
  std::vector<std::unique_ptr<routing::BodyScan>> free_;
};

}  // namespace segue::proxy
