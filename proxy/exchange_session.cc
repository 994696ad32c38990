// Where a visitor stays and which cookies travel: what an exchange does on routes with sessions,
// testers or isolated cookies. The rules are in routing/session.h and cookies.h.
#include <algorithm>

#include "lib/http/field.h"
#include "lib/http/target.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "routing/tester.h"

namespace segue::proxy {
namespace {

using telemetry::OverrideState;
using telemetry::SessionState;

/// `query` without the parameters of this name.
std::string without(std::string_view query, std::string_view name) {
  std::string out;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (http::same_decoded(parameter.substr(0, parameter.find('=')), name)) continue;
    if (!out.empty()) out += '&';
    out += parameter;
  }
  return out;
}

/// Whether a browser may have left our cookie out because another site sent the request there
/// (SameSite=Lax): then one without it is no newcomer, and a new cookie would move who has one.
bool may_lack_cookie(const http::Head& request) noexcept {
  bool cross_site = false, navigates = false;
  for (const http::Field& field : request.fields) {
    if (http::same_name(field.name, "sec-fetch-site")) cross_site = field.value == "cross-site";
    if (http::same_name(field.name, "sec-fetch-mode")) navigates = field.value == "navigate";
  }
  const bool safe =
      request.method_id == http::Method::kGet || request.method_id == http::Method::kHead;
  return cross_site && !(safe && navigates);
}

bool is_kept_from_shared_caches(const http::Head& response) noexcept {
  for (const http::Field& field : response.fields)
    if (http::same_name(field.name, "cache-control") &&
        (http::has_token(field.value, "private") || http::has_token(field.value, "no-store")))
      return true;
  return false;
}

}  // namespace

/// Reads what the request says about where it wants to go, before its pool is chosen.
void Exchange::begin_visit() {
  if (visit_ == nullptr) visit_ = std::make_unique<Visit>();
  visiting_ = true;
  hear_tester();
  if (route_->cohort.session_at() == routing::CohortKeys::kNowhere) return;
  visit_->session = routing::find_session(request_->fields, snapshot_->config->sessions.cookie,
                                          route_->group_tag, snapshot_->session_key);
}

/// The visitor's own cohort; 0 for who has none yet.
std::uint64_t Exchange::session_cohort() const noexcept {
  return visiting_ && visit_->session ? visit_->session->id : 0;
}

/// The cohort was found: whether the session decides, and for which pool.
void Exchange::settle_visit() {
  const std::size_t at = route_->cohort.session_at();
  visit_->has_session = at != routing::CohortKeys::kNowhere && selection_.cohort.index >= at;
  const bool current = visit_->session && visit_->session->epoch == route_->epoch;
  selection_.session_pool = visit_->has_session && current ? visit_->session->pool : 0;
}

/// What a tester says is for us: it does not travel on, whether it is right or wrong.
void Exchange::hear_tester() {
  const conf::Override& way = route_->settings.tester_override;
  if (way.header.empty() && way.query.empty()) return;
  const routing::TesterWord word = routing::tester_word(*snapshot_, *route_, *request_);
  if (word.said) {
    selection_.chosen = word.destination;
    record_.tester_override = word.destination == routing::Selection::kNone
                                  ? OverrideState::kRefused
                                  : OverrideState::kTaken;
  }
  if (!way.header.empty()) {
    for (http::Field& field : request_->fields)
      if (http::same_name(field.name, way.header)) field.hop_by_hop = true;
  }
  if (!way.query.empty() && http::find_parameter(request_->query, way.query))
    cut_parameter(way.query);
}

void Exchange::cut_parameter(std::string_view name) {
  const std::string query = without(request_->query, name);
  visit_->target = request_->path;
  if (!query.empty()) visit_->target += "?" + query;
  const std::string_view target = visit_->target;
  if (request_->target.starts_with('/')) request_->target = target;
  request_->query = target.substr(target.size() - query.size());
  request_->has_query = !query.empty();
}

Isolation Exchange::isolation() const noexcept {
  return {pool().name, route_->settings.isolate_cookies};
}

/// The request's cookies for the pool that is about to get it.
void Exchange::show_cookies() {
  visit_->cookies.undo();
  visit_->cookies.show(request_->fields, snapshot_->config->sessions.cookie, isolation());
}

/// Renames cookies that the response sets, and says what is added to it. Holds until the visit
/// ends.
std::span<const http::Field> Exchange::fields_for_visitor(http::Head& head) {
  visit_->cookies.undo();
  if (isolation().on()) rename_cookies(head);
  if (visit_->has_session) keep_session(head);
  return visit_->added;
}

/// A pool that could set our cookie could keep every visitor; one that could set another's would
/// log people in there.
void Exchange::guard_cookies(http::Head& head) {
  for (http::Field& field : head.fields)
    if (field.id == http::FieldId::kSetCookie &&
        sets_ours(field.value, snapshot_->config->sessions.cookie))
      field.hop_by_hop = true;
}

void Exchange::rename_cookies(http::Head& head) {
  std::size_t bytes = 0;
  for (const http::Field& field : head.fields)
    if (field.id == http::FieldId::kSetCookie)
      bytes += field.value.size() + kRenamedBytes + pool().name.size();
  std::string& text = visit_->renamed;
  text.reserve(bytes);  // views into it must hold
  // Who was logged in before segue was there has plain cookies of the first pool. When that takes
  // one away (a log-out), it must not come back from behind the renamed one.
  const bool first_pool = route_->destinations[route_->unknown].pool == pool().id;
  for (http::Field& field : head.fields) {
    if (field.id != http::FieldId::kSetCookie) continue;
    const std::size_t begin = text.size();
    if (!rename_set_cookie(field.value, isolation(), text)) continue;
    if (first_pool && is_removal(field.value) && was_sent_plain(field.value, request_->fields))
      visit_->added.push_back(field);
    field.value = std::string_view(text).substr(begin);
  }
}

/// The destination whose pool is being tried.
std::size_t Exchange::destination_now() const noexcept {
  std::size_t i = 0;
  while (route_->destinations[i].pool != pool().id) ++i;
  return i;
}

/// What became of the session, now that a pool has answered.
SessionState Exchange::session_state(std::size_t answered) const noexcept {
  const auto tag_at = [&](std::size_t i) {
    return snapshot_->pool(route_->destinations[i].pool).tag;
  };
  if (!visit_->session) return SessionState::kNew;
  const routing::Session& session = *visit_->session;
  if (session.epoch != route_->epoch) return SessionState::kRedrawn;
  if (session.pool == tag_at(answered)) return SessionState::kKept;
  const bool chosen = selection_.chosen == answered;
  bool in_split = false;
  for (std::size_t i = 0; i < route_->split.branches().size(); ++i)
    in_split = in_split || tag_at(i) == session.pool;
  return chosen || !in_split ? SessionState::kMoved : SessionState::kAway;
}

/// Sets the cookie where the visitor's place is a new one, and only then: a session that is served
/// elsewhere while its pool cannot comes back to it.
void Exchange::keep_session(const http::Head& head) {
  // A page that was found elsewhere does not move its reader: the pool asked first has answered
  // too, and old links would draw everybody to the old pool.
  const std::size_t answered =
      visit_->answered == Visit::kNone ? destination_now() : visit_->answered;
  const SessionState state = session_state(answered);
  record_.session = state;
  if (state == SessionState::kKept || state == SessionState::kAway) return;
  if (answered >= route_->split.branches().size()) return;  // of the fallback alone: for now
  if (state == SessionState::kNew && may_lack_cookie(*request_)) return;
  record_.has_cohort = true;  // from now on it has one
  const conf::Sessions& settings = snapshot_->config->sessions;
  const routing::Session session{route_->group_tag,
                                 snapshot_->pool(route_->destinations[answered].pool).tag,
                                 route_->epoch, selection_.cohort.hash};
  const routing::SessionValue value(session, request_->fields, settings.cookie,
                                    snapshot_->session_key);
  std::string& cookie = visit_->cookie;
  cookie = settings.cookie;
  cookie += '=';
  cookie += value.text();
  cookie += "; Path=/; HttpOnly; SameSite=Lax";
  if (is_encrypted_to_client()) cookie += "; Secure";
  if (settings.max_age.count() > 0)
    cookie += "; Max-Age=" + std::to_string(settings.max_age.count() / 1000);
  visit_->added.push_back({"Set-Cookie", cookie, http::FieldId::kSetCookie});
  // Who gets it from a shared cache would get somebody else's place with it (RFC 9111 §7.3).
  if (!is_kept_from_shared_caches(head)) visit_->added.push_back({"Cache-Control", "private"});
}

/// By TLS here, or at a proxy before us that is trusted to say so.
bool Exchange::is_encrypted_to_client() const noexcept {
  const ClientInfo client = client_->info();
  if (client.encrypted()) return true;
  const http::Field* scheme = request_->find(http::FieldId::kXForwardedProto);
  return client.trusted && scheme != nullptr && http::same_name(scheme->value, "https");
}

/// After the log line: what referred to the request's head goes with it.
void Exchange::end_visit() noexcept {
  if (series_ != nullptr) {
    if (record_.session != SessionState::kNone)
      series_->sessions[static_cast<std::size_t>(record_.session)].add();
    if (record_.tester_override != OverrideState::kNone)
      series_->overrides[static_cast<std::size_t>(record_.tester_override)].add();
  }
  record_.session = SessionState::kNone;
  record_.tester_override = OverrideState::kNone;
  visiting_ = false;
  visit_->clear();
}

}  // namespace segue::proxy
