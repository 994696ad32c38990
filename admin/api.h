// The admin API: JSON resources over Control. Answers what the server hands it; knows no sockets.
#pragma once

#include "admin/call.h"
#include "admin/control.h"
#include "admin/limits.h"
#include "admin/message.h"

namespace segue::admin {

class Api final : public Handler {
 public:
  /// `control` outlives the API. Destroy the server before it.
  explicit Api(Control& control, Limits limits = {});
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  void on_request(Request request, Reply reply) override;
  void on_tick(Instant now) override;
  void on_tcp_listening(const std::string& address) override;

  /// For tests that make time pass.
  Observed& observed() noexcept { return context_.observed; }

 private:
  const Limits limits_;
  Context context_;
};

}  // namespace segue::admin
