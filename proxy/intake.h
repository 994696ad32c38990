// What it takes to read a message: a head buffer and a parser. Borrowed from the worker while a
// message is on its way in, so that an idle connection holds neither.
#pragma once

#include <memory>
#include <vector>

#include "lib/http/h1_parser.h"
#include "lib/http/head_buffer.h"

namespace segue::proxy {

struct Intake {
  http::HeadBuffer buffer;
  http::H1Parser parser;
};

/// Free intakes of one worker, last in first out.
class IntakePool {
 public:
  static constexpr std::size_t kKept = 256;  // 4 MiB

  std::unique_ptr<Intake> take() {
    if (free_.empty()) return std::make_unique<Intake>();
    std::unique_ptr<Intake> intake = std::move(free_.back());
    free_.pop_back();
    return intake;
  }
  void give(std::unique_ptr<Intake> intake) {
    if (free_.size() >= kKept) return;
    intake->buffer.clear();
    free_.push_back(std::move(intake));
  }

 private:
  std::vector<std::unique_ptr<Intake>> free_;
};

}  // namespace segue::proxy
