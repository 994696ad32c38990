// The listening sockets: bound before anything is promised, kept over a reload, closed when gone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admin/control.h"
#include "app/descriptors.h"
#include "app/tls_desk.h"
#include "app/workers.h"
#include "conf/config.h"
#include "lib/base/problem.h"
#include "proxy/client.h"

namespace segue::app {

class Listeners {
 public:
  /// `tls` has read the files of a configuration before apply() is called with it. `descriptors` is
  /// how many this process may have: connections_max is lowered to fit.
  Listeners(Workers& workers, const TlsDesk& tls, std::uint64_t descriptors)
      : workers_(workers), tls_(tls), descriptors_(descriptors) {}
  ~Listeners();

  /// Binds what `config` has and is not bound yet. All or nothing: on problems nothing has changed.
  /// apply() or discard() follows: until then the kernel already takes connections, and they wait.
  Status<Problems> prepare(const conf::Config& config);
  void discard();  ///< closes what prepare() has bound

  /// Hands new sockets to the workers, tells them changed settings, closes what is no longer there.
  /// Warns when there are fewer descriptors than connections_max asks for.
  void apply(const conf::Config& config);

  std::vector<admin::ListenerInfo> list() const;
  /// The files of the UNIX sockets that prepare() has bound.
  std::vector<std::string> prepared_files() const;

 private:
  struct Bound {
    std::shared_ptr<proxy::ListenerState> state;
    std::string address;   // as configured
    std::string bound;     // with the real port
    std::vector<int> fds;  // one per worker; empty once the workers have them
  };
  Result<Bound, Problem> bind(const conf::Config& config, const conf::Listener& listener);
  static void close(Bound& bound);
  DescriptorPlan plan(const conf::Config& config) const;

  Workers& workers_;
  const TlsDesk& tls_;
  std::uint64_t descriptors_;
  std::vector<Bound> bound_;
  std::vector<Bound> prepared_;  // between prepare() and apply()
  std::uint32_t next_id_ = 0;
};

}  // namespace segue::app
