// What every verb of `segue ctl` uses: the client, the output, and the way from an answer to an
// exit code.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/client.h"
#include "admin/ctl.h"
#include "admin/json.h"
#include "admin/table.h"

namespace segue::admin {

class CtlSession {
 public:
  CtlSession(Client asks, std::ostream& to, std::ostream& complains_to, Paint out_colours,
             Paint err_colours, bool as_json)
      : client(std::move(asks)),
        out(to),
        err(complains_to),
        paint(out_colours),
        err_paint(err_colours),
        json(as_json) {}

  /// Asks and gives the answer as JSON. None when there is nothing to show: refusals are told, with
  /// --json the answer is printed; `code` then says how to end.
  std::optional<Json> ask(std::string_view method, std::string_view target,
                          const Json& body = Json(), const Fields& fields = {});
  /// The bytes of an answer that is not JSON. None after telling why there are none.
  std::optional<std::string> fetch(std::string_view method, std::string_view target);
  /// The same for an answer that is text: prints it as it is.
  int print_raw(std::string_view target);

  /// "segue ctl: …" on standard error; with --json a problem on one line of standard output.
  void complain(std::string_view sentence);
  void warn(const Json& warnings);  ///< "! …" lines on standard error
  /// A problem+json with its errors; with --json as it is.
  void tell_problem(int status, std::string_view body);

  Client client;
  std::ostream& out;
  std::ostream& err;
  Paint paint, err_paint;
  bool json;
  int code = kExitDone;

 private:
  void tell(const ClientError& error, bool change);
};

/// What `segue ctl` itself has to say, in the form of the API's refusals.
std::string problem_line(std::string_view sentence);

/// Text for a JSON value in a table: strings bare, null as "–".
std::string text_of(const Json& value);
/// The same with a number's digits in groups.
std::string exact_of(const Json& value);
/// A share of 0…1 as "12.5 %", null as "–".
std::string percent_of(const Json& share);
/// What stands before a line of facts: dimmed, and as wide as its like.
std::string label(const Paint& paint, std::string_view name);
/// `json[name]` or null, whatever `json` is.
const Json& member(const Json& json, std::string_view name);
std::uint64_t number_of(const Json& json, std::string_view name);
std::string string_of(const Json& json, std::string_view name);

}  // namespace segue::admin
