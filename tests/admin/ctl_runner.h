// `segue ctl` against a test server: the client blocks, so it has a thread; the server turns in the
// test's own.
#pragma once

#include <atomic>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "admin/ctl.h"
#include "tests/admin/test_server.h"

namespace segue::admin::test {

struct Ended {
  int code = -1;
  std::string out, err;
};

/// Which of its outputs is a terminal, and whether colours are unwanted there.
struct Terminals {
  bool out = false, err = false, no_colour = false;
};

inline Ended run_alone(const std::vector<std::string>& arguments, const std::string& socket,
                       Terminals terminals = {}) {
  std::ostringstream out, err;
  Ended ended;
  ended.code =
      ctl_run(arguments, {out, err, socket, terminals.out, terminals.err, terminals.no_colour});
  ended.out = out.str();
  ended.err = err.str();
  return ended;
}

/// `meanwhile` is called in each turn of the server.
inline Ended run_beside(TestServer& server, const std::vector<std::string>& arguments,
                        Terminals terminals, const std::function<void()>& meanwhile) {
  std::atomic<bool> done = false;
  Ended ended;
  std::thread client([&] {
    ended = run_alone(arguments, server.folder / "admin.sock", terminals);
    done = true;
  });
  server.loop.until([&] {
    if (meanwhile) meanwhile();
    return done.load();
  });
  client.join();
  return ended;
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace segue::admin::test
