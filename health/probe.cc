// The deadline is one for lookup and call together.
#include "health/probe.h"

#include <algorithm>
#include <utility>

namespace segue::health {
namespace {

call::Request request_for(const conf::Health& check, const std::string& name) {
  call::Request request;
  request.kind = check.kind == conf::Health::Kind::kTcp ? call::Request::Kind::kConnect
                                                        : call::Request::Kind::kHttp;
  request.method = check.method;
  request.target = check.path;
  request.headers = check.headers;
  request.host = check.host;
  if (request.host.empty()) request.host = name.starts_with("unix:") ? "localhost" : name;
  return request;
}

}  // namespace

Probe::Probe(net::Loop& loop, ChunkPool& chunks, const conf::Health& check,
             const SocketAddress& endpoint, const std::string& name,
             std::shared_ptr<const net::TlsClient> tls, Done done)
    : loop_(loop),
      chunks_(chunks),
      check_(check),
      name_(name),
      tls_(std::move(tls)),
      done_(std::move(done)),
      resolver_(loop) {
  loop_.deadlines().arm(deadline_, started_ + check_.timeout);
  begin(endpoint);
}

Probe::~Probe() = default;

void Probe::begin(const SocketAddress& endpoint) {
  const std::string& address = check_.address;
  if (address.empty()) return begin_call(endpoint);
  if (address.starts_with(":")) {
    const auto port = split_host_port(address);
    if (!port || endpoint.family() == AF_UNIX) {
      return fail_later("no port " + address + " to check");
    }
    SocketAddress elsewhere = endpoint;
    elsewhere.set_port(port->port);
    return begin_call(elsewhere);
  }
  if (const auto parsed = SocketAddress::parse(address); parsed) return begin_call(*parsed);
  look_up(address);
}

void Probe::look_up(const std::string& address) {
  const auto parts = split_host_port(address);
  if (!parts) return fail_later(parts.error());
  const auto begun = resolver_.resolve(std::string(parts->host), parts->port, [this](auto found) {
    if (!found) return finish({Outcome::kFail, "no address for the check: " + found.error()});
    begin_call(found->front());
  });
  if (!begun) fail_later("no address for the check: " + begun.error());
}

void Probe::begin_call(const SocketAddress& to) {
  call::Request request = request_for(check_, name_);
  request.to = to;
  request.tls = tls_;
  if (const auto parts = split_host_port(name_)) request.tls_host = parts->host;
  const auto spent = std::chrono::duration_cast<Millis>(now() - started_);
  request.timeout = std::max(check_.timeout - spent, Millis(1));
  deadline_.disarm();  // the call keeps its own
  call_.emplace(loop_, chunks_, request, [this](Result<call::Answer, call::CallError> result) {
    finish(result ? judge_answer(check_, *result) : judge_error(result.error()));
  });
}

void Probe::fail_later(std::string evidence) {
  evidence_ = std::move(evidence);
  loop_.deadlines().arm(deadline_, started_);  // the next tick
}

void Probe::on_deadline(Deadline&) {
  if (evidence_.empty()) {
    evidence_ = "no address for the check within " + std::to_string(check_.timeout.count()) + " ms";
  }
  finish({Outcome::kFail, std::move(evidence_)});
}

void Probe::finish(Finding finding) {
  deadline_.disarm();
  const Done done = std::move(done_);
  done(std::move(finding));
}

}  // namespace segue::health
