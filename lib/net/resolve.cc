// One heap block per lookup: libuv's request, and the way back, which is null once nobody waits.
#include "lib/net/resolve.h"

#include <algorithm>
#include <utility>

#include <netdb.h>

namespace segue::net {

struct Resolver::Lookup {
  uv_getaddrinfo_t request{};
  Resolver* resolver;  // null once it is gone
  std::uint16_t port;
  Done done;
};

namespace {

Result<std::vector<SocketAddress>, std::string> addresses(int status, const addrinfo* found,
                                                          std::uint16_t port) {
  if (status != 0) return fail(std::string(uv_strerror(status)));
  std::vector<SocketAddress> all;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    SocketAddress address = SocketAddress::from(at->ai_addr, at->ai_addrlen);
    address.set_port(port);
    if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
  }
  if (all.empty()) return fail(std::string("the name has no address"));
  return all;
}

}  // namespace

Resolver::~Resolver() {
  for (Lookup* lookup : pending_) {
    lookup->resolver = nullptr;
    lookup->done = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request));  // works while no thread has begun it
  }
}

Status<std::string> Resolver::resolve(const std::string& host, std::uint16_t port, Done done) {
  if (pending_.size() >= kPendingMax) return fail(std::string("too many lookups at once"));
  auto lookup = std::make_unique<Lookup>();
  lookup->resolver = this;
  lookup->port = port;
  lookup->done = std::move(done);
  lookup->request.data = lookup.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  const int status =
      uv_getaddrinfo(loop_.uv(), &lookup->request, on_answer, host.c_str(), nullptr, &hints);
  if (status != 0) return fail(std::string(uv_strerror(status)));
  pending_.push_back(lookup.release());
  return segue::Done{};
}

void Resolver::on_answer(uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept {
  const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(request->data));
  if (Resolver* resolver = lookup->resolver; resolver != nullptr) {
    std::erase(resolver->pending_, lookup.get());
    lookup->done(addresses(status, found, lookup->port));
  }
  uv_freeaddrinfo(found);
}

}  // namespace segue::net
