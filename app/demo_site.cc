#include "app/demo_site.h"

#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace segue::app {
namespace {

constexpr mode_t kRecordMode = 0600;

std::string path_of(const std::string& target) {
  return target.substr(0, target.find('?'));
}

DemoResponse text(int status, std::string body) {
  DemoResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

DemoResponse json(const nlohmann::json& value) {
  DemoResponse response = text(200, value.dump() + "\n");
  response.content_type = "application/json";
  return response;
}

// What may stand in the record file without breaking its lines.
std::string printable(std::string id) {
  for (char& c : id)
    if (c <= ' ' || c > '~') c = '_';
  return id;
}

}  // namespace

DemoSite::DemoSite(std::string name, std::string record) : name_(std::move(name)) {
  if (record.empty()) return;
  std::ifstream before(record);
  for (Delivery delivery; before >> delivery.id >> delivery.sha256;)
    deliveries_.push_back(delivery);
  record_ = open(record.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kRecordMode);
}

DemoSite::~DemoSite() {
  if (record_ >= 0) close(record_);
}

DemoResponse DemoSite::answer(const DemoRequest& request) {
  const std::string path = path_of(request.target);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/github-webhook/")
    return request.method == "POST" ? deliver(request) : text(405, "only POST makes sense here\n");
  if (!reads) return text(405, "nothing here takes " + request.method + "\n");
  if (path == "/") return page();
  if (path == "/deliveries") return deliveries();
  if (path == "/login") {  // as Jenkins: what its health is asked by
    DemoResponse response = text(200, "log in to " + name_ + "\n");
    response.fields.emplace_back("X-Jenkins", "2.479");
    return response;
  }
  DemoResponse response = text(200, "");
  if (path == "/slow") {
    response.kind = DemoResponse::Kind::kSlow;
    response.body = name_ + " took its time\n";
  } else if (path == "/events") {
    response.kind = DemoResponse::Kind::kEvents;
  } else if (path == "/ws") {
    response.kind = DemoResponse::Kind::kWebSocket;
  } else {
    response = text(
        404, "nothing here but /, /login, /slow, /events, /ws, /deliveries and /github-webhook/\n");
  }
  return response;
}

DemoResponse DemoSite::page() const {
  DemoResponse response;
  response.body = "<!doctype html><title>" + name_ + " CI</title><h1>The " + name_ +
                  " CI server</h1><p>" + std::to_string(deliveries_.size()) +
                  " webhook deliveries so far.</p>\n";
  return response;
}

DemoResponse DemoSite::deliver(const DemoRequest& request) {
  Delivery delivery{printable(request.field("x-github-delivery")), request.body_sha256};
  if (delivery.id.empty()) return text(400, "a delivery needs X-GitHub-Delivery\n");
  if (record_ >= 0) {
    const std::string line =
        delivery.id + " " + delivery.sha256 + "\n";  // one write: all of it or nothing
    if (write(record_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      return text(500, "the delivery could not be recorded\n");
  }
  deliveries_.push_back(delivery);
  return json({{"server", name_}, {"delivery", delivery.id}, {"sha256", delivery.sha256}});
}

DemoResponse DemoSite::deliveries() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Delivery& delivery : deliveries_)
    list.push_back({{"id", delivery.id}, {"sha256", delivery.sha256}});
  return json({{"server", name_}, {"deliveries", std::move(list)}});
}

}  // namespace segue::app
