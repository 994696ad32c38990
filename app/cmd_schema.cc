// `segue schema`
#include <ostream>

#include "app/commands.h"
#include "conf/schema.h"

namespace segue::app {

int cmd_schema(const SchemaOptions& options, Console& console) {
  console.out << (options.markdown ? conf::reference() : conf::schema());
  return kDone;
}

}  // namespace segue::app
