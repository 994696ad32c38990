#include "app/demo_server.h"

#include <csignal>
#include <cstdio>

#include <uv.h>

#include "app/demo_connection.h"
#include "app/demo_site.h"

namespace segue::app {
namespace {

constexpr int kBacklog = 512;

struct Server {
  uv_loop_t* loop;
  DemoSite* site;
  DemoConnection::All connections;
  uv_tcp_t listener;
  uv_signal_t terminate, interrupt;
};

void on_connection(uv_stream_t* listener, int status) {
  auto* server = static_cast<Server*>(listener->data);
  if (status == 0)
    DemoConnection::accept(*server->loop, *listener, *server->site, server->connections);
}

// A server of the demonstration has no manners to keep when it is told to end.
void on_signal(uv_signal_t* handle, int) {
  auto* server = static_cast<Server*>(handle->data);
  const DemoConnection::All open = server->connections;
  for (DemoConnection* connection : open) connection->close();
  for (auto* each : {reinterpret_cast<uv_handle_t*>(&server->listener),
                     reinterpret_cast<uv_handle_t*>(&server->terminate),
                     reinterpret_cast<uv_handle_t*>(&server->interrupt)})
    if (!uv_is_closing(each)) uv_close(each, nullptr);
}

int fail(const char* what, int code) {
  std::fprintf(stderr, "segue demo server: %s: %s\n", what, uv_strerror(code));
  return 2;
}

}  // namespace

int run_demo_server(const std::string& name, std::uint16_t port, const std::string& record) {
  std::signal(SIGPIPE, SIG_IGN);
  DemoSite site(name, record);
  uv_loop_t loop;
  uv_loop_init(&loop);
  Server server{&loop, &site, {}, {}, {}, {}};
  uv_tcp_init(&loop, &server.listener);
  server.listener.data = &server;
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", port, &address);
  if (const int code =
          uv_tcp_bind(&server.listener, reinterpret_cast<const sockaddr*>(&address), 0);
      code != 0)
    return fail("bind", code);
  if (const int code =
          uv_listen(reinterpret_cast<uv_stream_t*>(&server.listener), kBacklog, on_connection);
      code != 0)
    return fail("listen", code);
  int length = sizeof address;
  uv_tcp_getsockname(&server.listener, reinterpret_cast<sockaddr*>(&address), &length);
  for (uv_signal_t* handle : {&server.terminate, &server.interrupt}) {
    uv_signal_init(&loop, handle);
    handle->data = &server;
  }
  uv_signal_start(&server.terminate, on_signal, SIGTERM);
  uv_signal_start(&server.interrupt, on_signal, SIGINT);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop) == 0 ? 0 : 1;
}

}  // namespace segue::app
