// tls = … of listeners ([{ cert, key, ocsp }]) and of pools (true or { … })
#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

constexpr std::size_t kCertificatesMax = 1000;

constexpr Key<Certificate> kCertificate[] = {
    required(key<&Certificate::cert>("cert", text(judge_file),
                                     "PEM file: the certificate, then the chain up to the root.")),
    required(key<&Certificate::key>("key", text(judge_file), "PEM file of its private key.")),
    key<&Certificate::ocsp>("ocsp", text(judge_file, Empty::kAllowed),
                            "DER file of its OCSP answer, stapled to the handshake."),
};

constexpr Key<UpstreamTls> kUpstreamTls[] = {
    key<&UpstreamTls::enabled>("enabled", flag(), "Whether TLS is spoken; `tls = true` is this."),
    key<&UpstreamTls::verify>("verify", flag(),
                              "Check chain and name; `false` takes any certificate, and anybody."),
    key<&UpstreamTls::ca>("ca", text(judge_file, Empty::kAllowed),
                          "PEM file of the authorities; empty for the system's."),
    key<&UpstreamTls::server_name>(
        "server_name", text(judge_server_name, Empty::kAllowed),
        "Name sent (SNI) and expected in the certificate; empty for the endpoint's own."),
    key<&UpstreamTls::cert>("cert", text(judge_file, Empty::kAllowed),
                            "PEM file of the certificate shown to the endpoints."),
    key<&UpstreamTls::key>("key", text(judge_file, Empty::kAllowed), "PEM file of its key."),
    key<&UpstreamTls::min_version>("min_version", word(kTlsVersions), "Oldest version spoken."),
};

}  // namespace

void read_certificates(const Cursor& at, std::vector<Certificate>& out) {
  constexpr std::string_view kExample = "[{ cert = \"ci.pem\", key = \"ci.key\" }]";
  if (!at.node().is(Node::Kind::kList))
    return at.complain(shown(at.node()) + ", expected a list such as " + std::string(kExample));
  const std::size_t count = at.node().items.size();
  if (count == 0 || count > kCertificatesMax)
    return at.complain(std::to_string(count) + " certificates, expected 1…" +
                       std::to_string(kCertificatesMax) + " such as " + std::string(kExample));
  for (std::size_t i = 0; i < count; ++i) {
    const Cursor item = at.item(i);
    Certificate& certificate = out.emplace_back();
    certificate.at = item.node().at;
    read_section(item, kCertificate, certificate);
  }
}

std::string print_certificates(const std::vector<Certificate>& certificates) {
  std::vector<std::string> items;
  for (const Certificate& certificate : certificates)
    items.push_back(print_inline(kCertificate, certificate));
  return items.empty() ? std::string() : print_list(items);
}

SectionInfo describe_certificate() {
  return describe("certificate", "tls = [{ … }]",
                  "An item of a listener's `tls`. A file that is not absolute lies beside the "
                  "configuration file.",
                  kCertificate, Certificate{});
}

void read_upstream_tls(const Cursor& at, UpstreamTls& out) {
  if (at.node().is(Node::Kind::kBoolean)) {
    out.enabled = at.node().boolean;
    return;
  }
  out.enabled = true;
  read_section(at, kUpstreamTls, out);
  if (out.cert.empty() != out.key.empty())
    at.complain(out.key.empty() ? "cert without key, expected both"
                                : "key without cert, expected both");
  const auto ca = at.find("ca");
  if (ca && !out.verify && !out.ca.empty())
    ca->complain("given with verify = false, which looks at no authority");
}

std::string print_upstream_tls(const std::string& header, const UpstreamTls& tls) {
  if (!tls.enabled) return {};
  std::string out = "\n" + header + "\n";
  print_section(out, kUpstreamTls, tls);
  return out;
}

SectionInfo describe_upstream_tls() {
  UpstreamTls on;
  on.enabled = true;
  return describe("upstream_tls", "[pools.NAME.tls]",
                  "TLS to the endpoints, for traffic and for checks. `tls = true` is TLS with the "
                  "endpoint's own name and the system's authorities.",
                  kUpstreamTls, on);
}

}  // namespace segue::conf
