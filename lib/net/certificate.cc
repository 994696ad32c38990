// Reading PEM and DER, and refusing what does not belong together.
#include "lib/net/certificate.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace segue::net {
namespace {

constexpr std::size_t kFileBytesMax = 1024 * 1024;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// A key with a passphrase is refused; OpenSSL would ask for it on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

BioPtr over(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// The DNS names of subjectAltName, or the subject's common name where there are none.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS) continue;
    const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.push_back(lower({data, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(all);
  if (!names.empty()) return names;
  char common[256];
  const int n = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                          common, sizeof(common));
  if (n > 0) names.push_back(lower({common, static_cast<std::size_t>(n)}));
  return names;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return 0;
  return timegm(&fields);
}

}  // namespace

Result<std::string, std::string> read_small_file(const std::string& file) {
  std::FILE* stream = std::fopen(file.c_str(), "rbe");
  if (stream == nullptr) return fail("cannot read " + file + ": " + std::strerror(errno));
  std::string bytes(kFileBytesMax + 1, '\0');
  const std::size_t n = std::fread(bytes.data(), 1, bytes.size(), stream);
  const bool broken = std::ferror(stream) != 0;
  const int code = errno;
  std::fclose(stream);
  if (broken) return fail("cannot read " + file + ": " + std::strerror(code));
  if (n > kFileBytesMax) return fail(file + " is larger than 1 MiB");
  bytes.resize(n);
  return bytes;
}

Result<Certificate, std::string> load_certificate(const CertificateFiles& files) {
  Certificate certificate;
  certificate.files = files;
  ERR_clear_error();

  auto cert = read_small_file(files.cert);
  if (!cert) return fail(std::move(cert).error());
  const BioPtr cert_bio = over(*cert);
  certificate.leaf.reset(PEM_read_bio_X509_AUX(cert_bio.get(), nullptr, no_passphrase, nullptr));
  if (certificate.leaf == nullptr)
    return fail(files.cert + " holds no certificate in PEM form (" + take_ssl_error() + ")");
  while (X509* next = PEM_read_bio_X509(cert_bio.get(), nullptr, no_passphrase, nullptr))
    certificate.chain.emplace_back(next);
  ERR_clear_error();  // the end of the file

  auto key = read_small_file(files.key);
  if (!key) return fail(std::move(key).error());
  const BioPtr key_bio = over(*key);
  certificate.key.reset(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_passphrase, nullptr));
  OPENSSL_cleanse(key->data(), key->size());
  if (certificate.key == nullptr)
    return fail(files.key + " holds no private key in PEM form without a passphrase (" +
                take_ssl_error() + ")");
  if (X509_check_private_key(certificate.leaf.get(), certificate.key.get()) != 1) {
    ERR_clear_error();
    return fail("the key in " + files.key + " does not belong to the certificate in " + files.cert);
  }

  if (!files.ocsp.empty()) {
    auto ocsp = read_small_file(files.ocsp);
    if (!ocsp) return fail(std::move(ocsp).error());
    const auto* at = reinterpret_cast<const unsigned char*>(ocsp->data());
    OCSP_RESPONSE* response = d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(ocsp->size()));
    const bool good =
        response != nullptr && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    if (!good) return fail(files.ocsp + " holds no successful OCSP answer in DER form");
    certificate.ocsp = std::move(*ocsp);
  }
  certificate.names = names_of(certificate.leaf.get());
  certificate.not_after = seconds_of(X509_get0_notAfter(certificate.leaf.get()));
  return certificate;
}

}  // namespace segue::net
