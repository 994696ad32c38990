// A small HTTP/1.1 server for the demonstration: libuv and llhttp, and nothing of the proxy's own
// code.
#pragma once

#include <cstdint>
#include <string>

namespace segue::app {

/// Serves on 127.0.0.1:`port` until SIGTERM or SIGINT. Port 0 picks a free one; the bound port is
/// the only line on standard output. `record` is the file of deliveries (demo_site.h). Returns the
/// exit code.
int run_demo_server(const std::string& name, std::uint16_t port, const std::string& record);

}  // namespace segue::app
