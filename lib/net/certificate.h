// A certificate with its chain, its key and its OCSP answer, from files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/ssl.h"

namespace segue::net {

struct CertificateFiles {
  std::string cert;  ///< PEM: the certificate, then its chain
  std::string key;   ///< PEM, without passphrase
  std::string ocsp;  ///< DER; "" for none
};

struct Certificate {
  CertificateFiles files;
  X509Ptr leaf;
  std::vector<X509Ptr> chain;  ///< without the leaf
  KeyPtr key;
  std::string ocsp;                ///< DER; "" for none
  std::vector<std::string> names;  ///< DNS names it is for, lower case, with "*." for wildcards
  std::int64_t not_after = 0;      ///< seconds since 1970
};

/// Errors: a sentence with the file, the cause, and what to do. A certificate that has expired is
/// none: it is better served than nothing, and not_after tells.
Result<Certificate, std::string> load_certificate(const CertificateFiles& files);

/// The content of a small file. Errors: a sentence with its name.
Result<std::string, std::string> read_small_file(const std::string& file);

}  // namespace segue::net
