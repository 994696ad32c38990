// One line per exchange, and what may stand in it.
#include "telemetry/access_format.h"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace segue::telemetry {
namespace {

std::string line(const Record& record, AccessFormat format) {
  std::string out(access_line_bound(record), '\0');
  out.resize(static_cast<std::size_t>(write_access_line(out.data(), record, format) - out.data()));
  return out;
}

/// A webhook whose first endpoint refused and whose second one answered.
Record retried() {
  Record record;
  record.wall_ms = 1'769'903'999'001;
  record.request_id = "7f3a";
  record.client = "192.0.2.7";
  record.method = "POST";
  record.host = "ci.example.com";
  record.path = "/github-webhook/?token=secret";
  record.listener = "edge";
  record.route = "webhooks";
  record.pool = "old";
  record.endpoint = "10.0.0.5:8080";
  record.cohort = 0xab;
  record.has_cohort = true;
  record.status = 200;
  record.generation = 118;
  record.attempts[0] = {.pool = "new", .endpoint = "10.0.0.6:8080", .fault = Fault::kConnectFailed};
  record.attempts[1] = {.pool = "old",
                        .endpoint = "10.0.0.5:8080",
                        .reused = true,
                        .retry = true,
                        .proof = Proof::kUnsent};
  record.attempts_count = 2;
  record.bytes_in = 12'345;
  record.bytes_out = 210;
  record.connect = Micros(800);
  record.first_byte = Micros(15'000);
  record.total = Micros(16'500);
  return record;
}

TEST_SUITE("telemetry/access_format") {
  TEST_CASE("a JSON line has every key in a fixed order and never the query") {
    CHECK(
        line(retried(), AccessFormat::kJson) ==
        R"({"time":"2026-01-31T23:59:59.001Z","request_id":"7f3a","client":"192.0.2.7",)"
        R"("listener":"edge","method":"POST","host":"ci.example.com","path":"/github-webhook/",)"
        R"("http":"1.1","route":"webhooks","cohort":"00000000000000ab","pool":"old",)"
        R"("endpoint":"10.0.0.5:8080","status":200,"attempts":[)"
        R"({"pool":"new","endpoint":"10.0.0.6:8080","fault":"connect_failed","reused":false,"proof":null},)"
        R"({"pool":"old","endpoint":"10.0.0.5:8080","fault":"none","reused":true,"proof":"unsent"}],)"
        R"("bytes_in":12345,"bytes_out":210,"queue_us":0,"connect_us":800,"first_byte_us":15000,)"
        R"("total_us":16500,"ended_by":"none","fault":"none","phase":"done","generation":118})"
        "\n");
  }

  TEST_CASE("a logfmt line says the same") {
    CHECK(
        line(retried(), AccessFormat::kLogfmt) ==
        "time=2026-01-31T23:59:59.001Z request_id=7f3a client=192.0.2.7 listener=edge method=POST "
        "host=ci.example.com path=/github-webhook/ http=1.1 route=webhooks cohort=00000000000000ab "
        "pool=old endpoint=10.0.0.5:8080 status=200 attempts=2 attempt1_pool=new "
        "attempt1_endpoint=10.0.0.6:8080 attempt1_fault=connect_failed attempt1_reused=false "
        "attempt1_proof=- attempt2_pool=old attempt2_endpoint=10.0.0.5:8080 attempt2_fault=none "
        "attempt2_reused=true attempt2_proof=unsent bytes_in=12345 bytes_out=210 queue_us=0 "
        "connect_us=800 first_byte_us=15000 total_us=16500 ended_by=none fault=none phase=done "
        "generation=118\n");
  }

  TEST_CASE("what became of a session and of a tester's word stands there when there was any") {
    Record record = retried();
    CHECK(line(record, AccessFormat::kJson).find("session") == std::string::npos);
    record.session = SessionState::kAway;
    record.tester_override = OverrideState::kRefused;
    CHECK(line(record, AccessFormat::kJson)
              .find(R"(","session":"away","override":"refused","pool":)") != std::string::npos);
    CHECK(line(record, AccessFormat::kLogfmt).find(" session=away override=refused pool=") !=
          std::string::npos);
  }

  TEST_CASE("who ended an exchange that ended badly, and where, is in the line") {
    Record record = retried();
    record.error = {.fault = Fault::kClosedEarly, .side = Side::kClient};
    record.phase = Phase::kRelay;
    const auto json = nlohmann::json::parse(line(record, AccessFormat::kJson));
    CHECK(json["ended_by"] == "client");
    CHECK(json["fault"] == "closed_early");
    CHECK(json["phase"] == "relay");
  }

  TEST_CASE("a webhook's delivery and event are there where its forge names them") {
    Record record = retried();
    record.delivery = "72d3162e";
    record.event = "Push Hook";
    CHECK(
        line(record, AccessFormat::kJson).find(R"(,"delivery":"72d3162e","event":"Push Hook",)") !=
        std::string::npos);
    CHECK(line(record, AccessFormat::kLogfmt).find(R"( delivery=72d3162e event="Push Hook" )") !=
          std::string::npos);
  }

  TEST_CASE("what is not known is null") {
    const auto json = nlohmann::json::parse(line(Record{}, AccessFormat::kJson));
    for (const char* key : {"request_id", "client", "listener", "method", "host", "path", "route",
                            "cohort", "pool", "endpoint"}) {
      INFO(key);
      CHECK(json[key].is_null());
    }
    CHECK(json["attempts"].empty());
    CHECK(json["status"] == 0);
    CHECK(line(Record{}, AccessFormat::kLogfmt).find(" route=- cohort=- pool=- ") !=
          std::string::npos);
  }

  TEST_CASE("the longest possible line keeps within its bound and is still JSON") {
    const std::string worst(2 * kAccessTextMax, '\x01');
    Record record;
    record.wall_ms = UINT64_MAX;
    record.request_id = record.client = record.method = record.host = record.path = worst;
    record.listener = record.route = record.pool = record.endpoint = worst;
    record.delivery = record.event = worst;
    record.cohort = record.generation = record.bytes_in = record.bytes_out = UINT64_MAX;
    record.has_cohort = true;
    record.status = UINT16_MAX;
    record.error = {.fault = Fault::kFirstByteTimeout, .side = Side::kUpstream};
    record.attempts_count = Record::kAttemptsMax + 3;  // a wrong count must not read past the array
    for (AttemptRecord& attempt : record.attempts) {
      attempt = {.pool = worst,
                 .endpoint = worst,
                 .fault = Fault::kFirstByteTimeout,
                 .reused = true,
                 .retry = true,
                 .proof = Proof::kReusedConnection};
    }
    record.queue = record.connect = record.first_byte = record.total = Micros::max();
    for (const AccessFormat format : {AccessFormat::kJson, AccessFormat::kLogfmt}) {
      const std::string text = line(record, format);
      CHECK(text.size() <= access_line_bound(record));
      CHECK(text.find('\n') == text.size() - 1);
    }
    CHECK(nlohmann::json::accept(line(record, AccessFormat::kJson)));
    record.total = Micros(-5);
    CHECK(nlohmann::json::parse(line(record, AccessFormat::kJson))["total_us"] == 0);
  }
}

}  // namespace
}  // namespace segue::telemetry
