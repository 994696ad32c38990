// The files behind TLS: certificates, keys, authorities, tickets. Read all or nothing, read again
// when they change, and looked at for their end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admin/control.h"
#include "conf/config.h"
#include "lib/base/deadlines.h"
#include "lib/base/problem.h"
#include "lib/net/loop.h"
#include "lib/net/tls_client.h"
#include "lib/net/tls_server.h"

namespace segue::app {

class TlsDesk {
 public:
  /// Reads what `config` names. All or nothing: on problems what was current stays. What has not
  /// changed keeps its object, so that nothing of it is touched.
  Status<Problems> prepare(const conf::Config& config);
  void apply();    ///< what was prepared is current; what was current is the one before
  void go_back();  ///< undoes the last apply()

  /// Null where TLS is not spoken.
  std::shared_ptr<const net::TlsServer> server(const std::string& listener) const;
  std::shared_ptr<const net::TlsClient> client(const std::string& pool) const;

  std::vector<admin::CertificateInfo> certificates() const;

  /// Whether a file of a listener with watch_files is not what it was when it was read.
  bool files_changed() const;
  void rotate_tickets(Instant now);

 private:
  template <typename T>
  struct Entry {
    std::string signature;  // of settings and files
    std::shared_ptr<const T> object;
  };
  struct World {
    std::map<std::string, Entry<net::TlsServer>> servers;  // by listener
    std::map<std::string, Entry<net::TlsClient>> clients;  // by pool
    std::map<std::string, std::string> watched;            // file: its state when it was read
  };
  void prepare_listener(const conf::Config& config, const conf::Listener& listener, World& next,
                        Problems& problems);
  void prepare_pool(const conf::Config& config, const conf::Pool& pool, World& next,
                    Problems& problems);

  World current_, prepared_, before_;
  std::map<std::string, std::shared_ptr<net::TlsTickets>> tickets_;  // by listener; over reloads
};

/// Looks after a TlsDesk from the control loop: files that change, certificates that end, ticket
/// keys that grow old.
class TlsWatch final : Deadline::Owner {
 public:
  static constexpr Seconds kLookEvery{2};

  struct Events {
    std::function<void()> on_changed;  ///< a watched file is another one
    /// A certificate ends within `days` (30, 7, 1 or 0), told once each.
    std::function<void(const admin::CertificateInfo&, int days)> on_expiring;
  };
  TlsWatch(net::Loop& loop, TlsDesk& desk, Events events);

 private:
  void on_deadline(Deadline& deadline) override;
  void look_for_ends();

  net::Loop& loop_;
  TlsDesk& desk_;
  const Events events_;
  std::map<std::string, int> told_;  // certificate and its end: the days told of
  Deadline next_{*this};
};

}  // namespace segue::app
