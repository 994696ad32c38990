// Signatures tell what changed: the settings, and what the files held.
#include "app/tls_desk.h"

#include <filesystem>

#include <openssl/crypto.h>
#include <sys/stat.h>

#include "lib/net/certificate.h"

namespace segue::app {
namespace {

/// A file that is not absolute lies beside the configuration.
std::string beside(const conf::Config& config, const std::string& file) {
  if (file.empty()) return file;
  return (std::filesystem::path(config.file).parent_path() / file).string();
}

/// SHA-256 of a file; "" when it cannot be read, which its reader says better.
std::string digest(const std::string& file) {
  if (file.empty()) return "-";
  auto bytes = net::read_small_file(file);
  if (!bytes) return {};
  std::string sum = net::sha256(*bytes);
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return sum;
}

/// What stat says of a file: enough to see that it was written or replaced.
std::string file_state(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return "none";
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) + ":" +
         std::to_string(info.st_size) + ":" + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec);
}

net::ClientAuth client_auth(conf::Listener::ClientAuth auth) {
  switch (auth) {
    case conf::Listener::ClientAuth::kNone: return net::ClientAuth::kNone;
    case conf::Listener::ClientAuth::kOptional: return net::ClientAuth::kOptional;
    case conf::Listener::ClientAuth::kRequired: return net::ClientAuth::kRequired;
  }
  return net::ClientAuth::kNone;
}

}  // namespace

void TlsDesk::prepare_listener(const conf::Config& config, const conf::Listener& listener,
                               World& next, Problems& problems) {
  const std::string path = "listeners." + listener.name + ".";
  const auto complain = [&](conf::Position at, const std::string& key, std::string text) {
    problems.push_back({config.file, at.line, at.column, path + key, std::move(text)});
  };
  std::vector<std::string> files;
  std::vector<net::CertificateFiles> wanted;
  for (const conf::Certificate& entry : listener.tls) {
    wanted.push_back(
        {beside(config, entry.cert), beside(config, entry.key), beside(config, entry.ocsp)});
    for (const std::string& file : {wanted.back().cert, wanted.back().key, wanted.back().ocsp})
      files.push_back(file);
  }
  const net::TlsServerOptions options{listener.tls_min_version == conf::TlsVersion::k13,
                                      client_auth(listener.client_auth),
                                      beside(config, listener.client_ca)};
  const std::string ticket_file = beside(config, listener.ticket_keys);
  files.push_back(options.client_ca);
  files.push_back(ticket_file);
  std::string signature = std::to_string(static_cast<int>(listener.tls_min_version)) +
                          std::to_string(static_cast<int>(listener.client_auth));
  for (const std::string& file : files) {
    signature += "\n" + file + "=" + digest(file);
    if (listener.watch_files && !file.empty()) next.watched[file] = file_state(file);
  }
  const auto known = current_.servers.find(listener.name);
  if (known != current_.servers.end() && known->second.signature == signature) {
    next.servers[listener.name] = known->second;
    return;
  }

  std::vector<net::Certificate> certificates;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    auto loaded = net::load_certificate(wanted[i]);
    if (!loaded) {
      complain(listener.tls[i].at, "tls[" + std::to_string(i) + "]", std::move(loaded).error());
    } else {
      certificates.push_back(std::move(*loaded));
    }
  }
  if (certificates.size() < wanted.size()) return;
  auto& tickets = tickets_[listener.name];
  if (tickets == nullptr) tickets = std::make_shared<net::TlsTickets>();
  if (!ticket_file.empty()) {
    const auto bytes = net::read_small_file(ticket_file);
    if (!bytes) return complain(listener.at, "ticket_keys", bytes.error());
    if (const auto set = tickets->set(*bytes); !set)
      return complain(listener.at, "ticket_keys", ticket_file + ": " + set.error());
  }
  auto server = net::TlsServer::make(options, std::move(certificates), tickets);
  if (!server) return complain(listener.at, "tls", std::move(server).error());
  next.servers[listener.name] = {std::move(signature), std::move(*server)};
}

void TlsDesk::prepare_pool(const conf::Config& config, const conf::Pool& pool, World& next,
                           Problems& problems) {
  const conf::UpstreamTls& tls = pool.tls;
  const net::TlsClientOptions options{tls.verify,
                                      beside(config, tls.ca),
                                      tls.server_name,
                                      tls.min_version == conf::TlsVersion::k13,
                                      {beside(config, tls.cert), beside(config, tls.key), ""}};
  std::string signature = std::to_string(static_cast<int>(tls.verify)) +
                          std::to_string(static_cast<int>(tls.min_version)) + tls.server_name;
  for (const std::string& file : {options.ca, options.identity.cert, options.identity.key})
    signature += "\n" + file + "=" + digest(file);
  const auto known = current_.clients.find(pool.name);
  if (known != current_.clients.end() && known->second.signature == signature) {
    next.clients[pool.name] = known->second;
    return;
  }
  auto client = net::TlsClient::make(options);
  if (!client) {
    problems.push_back({config.file, pool.at.line, pool.at.column, "pools." + pool.name + ".tls",
                        std::move(client).error()});
    return;
  }
  next.clients[pool.name] = {std::move(signature), std::move(*client)};
}

Status<Problems> TlsDesk::prepare(const conf::Config& config) {
  World next;
  Problems problems;
  for (const conf::Listener& listener : config.listeners)
    if (!listener.tls.empty()) prepare_listener(config, listener, next, problems);
  for (const conf::Pool& pool : config.pools)
    if (pool.tls.enabled) prepare_pool(config, pool, next, problems);
  if (!problems.empty()) return fail(std::move(problems));
  prepared_ = std::move(next);
  return Done{};
}

void TlsDesk::apply() {
  before_ = std::exchange(current_, prepared_);
}

void TlsDesk::go_back() {
  current_ = before_;
}

std::shared_ptr<const net::TlsServer> TlsDesk::server(const std::string& listener) const {
  const auto at = current_.servers.find(listener);
  return at == current_.servers.end() ? nullptr : at->second.object;
}

std::shared_ptr<const net::TlsClient> TlsDesk::client(const std::string& pool) const {
  const auto at = current_.clients.find(pool);
  return at == current_.clients.end() ? nullptr : at->second.object;
}

std::vector<admin::CertificateInfo> TlsDesk::certificates() const {
  std::vector<admin::CertificateInfo> all;
  for (const auto& [listener, entry] : current_.servers) {
    for (const net::Certificate& certificate : entry.object->certificates()) {
      admin::CertificateInfo shown{listener, certificate.files.cert, "", certificate.not_after};
      for (const std::string& name : certificate.names)
        shown.names += (shown.names.empty() ? "" : " ") + name;
      all.push_back(std::move(shown));
    }
  }
  return all;
}

bool TlsDesk::files_changed() const {
  for (const auto& [file, state] : current_.watched)
    if (file_state(file) != state) return true;
  return false;
}

void TlsDesk::rotate_tickets(Instant now) {
  for (const auto& [listener, tickets] : tickets_) tickets->rotate(now);
}

TlsWatch::TlsWatch(net::Loop& loop, TlsDesk& desk, Events events)
    : loop_(loop), desk_(desk), events_(std::move(events)) {
  loop_.deadlines().arm(next_, now());
}

void TlsWatch::on_deadline(Deadline&) {
  desk_.rotate_tickets(now());
  if (desk_.files_changed()) events_.on_changed();
  look_for_ends();
  loop_.deadlines().arm(next_, now() + kLookEvery);
}

void TlsWatch::look_for_ends() {
  constexpr std::int64_t kDay = 24 * 3600;
  const auto today = static_cast<std::int64_t>(wall_clock_ms() / 1000);
  for (const admin::CertificateInfo& shown : desk_.certificates()) {
    const std::int64_t left = shown.not_after - today;
    int days = -1;
    for (const int step : {30, 7, 1, 0})
      if (left <= step * kDay) days = step;
    if (days < 0) continue;
    const auto [at, fresh] = told_.try_emplace(
        shown.listener + "\n" + shown.file + "\n" + std::to_string(shown.not_after), days);
    if (!fresh && at->second == days) continue;
    at->second = days;
    events_.on_expiring(shown, days);
  }
}

}  // namespace segue::app
