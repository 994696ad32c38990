// The OpenAPI document: paths from the table of resources, schemas by hand.
#include "admin/openapi.h"

#include <string_view>

#include "admin/json.h"
#include "admin/router.h"

namespace segue::admin {
namespace {

constexpr std::string_view kHead = R"json({
  "openapi": "3.1.0",
  "info": {
    "title": "segue admin API",
    "version": "1",
    "summary": "Reads and changes a running segue over its UNIX socket.",
    "description": "Speak HTTP/1.1 to the admin socket: curl --unix-socket /run/segue/admin.sock http://segue/v1/splits. Every reading carries the generation it shows as ETag; a change may carry it back as If-Match and is refused with 412 when somebody else was faster. A change answers when every worker serves it. What is refused changes nothing. A query parameter that a path does not have is refused."
  },
  "servers": [{"url": "http://segue", "description": "The name means nothing: the socket decides."}],
  "tags": [
    {"name": "process", "description": "The process and its parts"},
    {"name": "routing", "description": "Where requests go"},
    {"name": "splits", "description": "How routes divide among pools"},
    {"name": "pools", "description": "Who answers"},
    {"name": "events", "description": "What happened"},
    {"name": "state", "description": "What was changed, and whether it is kept"}
  ]
})json";

constexpr std::string_view kComponents = R"json({
  "headers": {
    "ETag": {"description": "The generation that is shown, in quotes. Counters move on within a generation.", "schema": {"type": "string", "examples": ["\"17\""]}}
  },
  "parameters": {
    "if-match": {"name": "If-Match", "in": "header", "description": "Change only if this is still the newest generation.", "schema": {"type": "string", "examples": ["\"17\""]}},
    "last-event-id": {"name": "Last-Event-ID", "in": "header", "description": "As since, in the way browsers say it when they reconnect.", "schema": {"type": "integer", "minimum": 0}},
    "path.route": {"name": "route", "in": "path", "required": true, "schema": {"type": "string"}},
    "path.pool": {"name": "pool", "in": "path", "required": true, "schema": {"type": "string"}},
    "path.address": {"name": "address", "in": "path", "required": true, "description": "As configured, with %2F for a slash.", "schema": {"type": "string", "examples": ["10.0.0.6:8080", "unix:%2Frun%2Fci.sock"]}},
    "path.group": {"name": "group", "in": "path", "required": true, "description": "A cohort group, or a route for the group it belongs to.", "schema": {"type": "string"}},
    "path.key": {"name": "key", "in": "path", "required": true, "description": "The cohort's key in any case, with %2F for a slash.", "schema": {"type": "string", "examples": ["org%2Fapp"]}},
    "path.id": {"name": "id", "in": "path", "required": true, "description": "X-GitHub-Delivery or another forge's, or a request id.", "schema": {"type": "string"}},
    "query.group": {"name": "group", "in": "query", "description": "Only this cohort group's.", "schema": {"type": "string"}},
    "query.route": {"name": "route", "in": "query", "description": "Only this route's.", "schema": {"type": "string"}},
    "query.key": {"name": "key", "in": "query", "description": "A cohort's key or name, in any case.", "schema": {"type": "string"}},
    "query.pool": {"name": "pool", "in": "query", "description": "Only this pool's.", "schema": {"type": "string"}},
    "path.revision": {"name": "revision", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}},
    "query.limit": {"name": "limit", "in": "query", "description": "At most so many; 20 without it.", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
    "query.before": {"name": "before", "in": "query", "description": "Only revisions before this one.", "schema": {"type": "integer", "minimum": 1}},
    "query.since": {"name": "since", "in": "query", "description": "Only events after the one with this id.", "schema": {"type": "integer", "minimum": 0}},
    "query.last": {"name": "last", "in": "query", "description": "At most so many, the newest.", "schema": {"type": "integer", "minimum": 0}}
  },
  "responses": {
    "Text": {"description": "Plain text.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    "Changed": {
      "description": "Done: every worker serves it.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Changed"}}}
    },
    "Waiting": {
      "description": "The change is made, but after 10 s not every worker serves it yet.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Changed"}}}
    },
    "MethodNotAllowed": {
      "description": "The path has other methods.", "headers": {"Allow": {"description": "Those it has.", "schema": {"type": "string"}}},
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    },
    "Problem": {
      "description": "Refused; nothing was changed.",
      "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    }
  },
  "schemas": {
    "Reading": {"type": "object", "required": ["generation"], "properties": {"generation": {"$ref": "#/components/schemas/Generation"}}},
    "SetWeights": {
      "type": "object", "additionalProperties": false, "required": ["weights"],
      "properties": {
        "weights": {"$ref": "#/components/schemas/Weights"}, "for": {"$ref": "#/components/schemas/For"},
        "reason": {"$ref": "#/components/schemas/Reason"}, "dry_run": {"$ref": "#/components/schemas/DryRun"}
      }
    },
    "SetPin": {
      "type": "object", "additionalProperties": false, "required": ["pool"],
      "properties": {
        "pool": {"type": "string"},
        "hard": {"type": "boolean", "default": false, "description": "Also when the pool is not eligible."},
        "for": {"$ref": "#/components/schemas/For"},
        "reason": {"$ref": "#/components/schemas/Reason"}, "dry_run": {"$ref": "#/components/schemas/DryRun"}
      }
    },
    "Abort": {
      "type": "object", "additionalProperties": false, "required": ["to"],
      "properties": {
        "to": {"type": "string", "description": "The pool that takes everybody."},
        "reason": {"$ref": "#/components/schemas/Reason"}, "dry_run": {"$ref": "#/components/schemas/DryRun"}
      }
    },
    "Plain": {
      "type": "object", "additionalProperties": false,
      "properties": {"reason": {"$ref": "#/components/schemas/Reason"}, "dry_run": {"$ref": "#/components/schemas/DryRun"}}
    },
    "SetSplits": {
      "type": "object", "additionalProperties": false, "required": ["splits"],
      "properties": {
        "splits": {"type": "object", "minProperties": 1, "maxProperties": 256, "additionalProperties": {"$ref": "#/components/schemas/Weights"}},
        "for": {"$ref": "#/components/schemas/For"},
        "reason": {"$ref": "#/components/schemas/Reason"}, "dry_run": {"$ref": "#/components/schemas/DryRun"}
      }
    },
    "SetState": {
      "type": "object", "additionalProperties": false, "required": ["state"],
      "properties": {
        "state": {
          "type": "string", "enum": ["ready", "drain", "out", "up", "down", "auto"],
          "description": "ready: in rotation whatever health says. drain: nothing new, what runs goes on. out: nothing. up, down: as if checks passed, or failed. auto: health decides."
        },
        "for": {"$ref": "#/components/schemas/For"},
        "reason": {"$ref": "#/components/schemas/Reason"}, "dry_run": {"$ref": "#/components/schemas/DryRun"}
      }
    },
    "Failback": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "at_once": {"type": "boolean", "default": false, "description": "Without the steps."},
        "reason": {"$ref": "#/components/schemas/Reason"}
      }
    },
    "CloseTunnels": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "over": {"type": "string", "default": "10s", "description": "A duration up to an hour.", "examples": ["30s"]},
        "reason": {"$ref": "#/components/schemas/Reason"}
      }
    },
    "Reload": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "weights_from_file": {"type": "boolean", "default": false, "description": "Forget weights that were set at run time."},
        "reason": {"$ref": "#/components/schemas/Reason"}
      }
    },
    "Undo": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "revision": {"type": "integer", "minimum": 1, "description": "The newest without it."},
        "reason": {"$ref": "#/components/schemas/Reason"},
        "dry_run": {"$ref": "#/components/schemas/DryRun"}
      }
    },
    "Explain": {
      "type": "object", "additionalProperties": false, "required": ["url"],
      "properties": {
        "method": {"type": "string", "default": "GET"},
        "url": {"type": "string", "examples": ["https://ci.example.com/job/app/", "/job/app/"]},
        "headers": {
          "type": "object",
          "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        },
        "client": {"type": "string", "default": "127.0.0.1", "description": "The client's address, without port."},
        "body": {"type": "string", "description": "All of the request's body, for cohorts that are in it."}
      }
    },
    "Generation": {"type": "integer", "minimum": 0, "description": "The number of the state of the world that is shown."},
    "Reason": {"type": "string", "maxLength": 1024, "description": "Why, for those who read the events."},
    "For": {"type": "string", "examples": ["15m", "2h"], "description": "How long; then it ends by itself, also after a restart."},
    "DryRun": {"type": "boolean", "default": false, "description": "Change nothing; say what would move."},
    "Time": {"type": ["string", "null"], "format": "date-time"},
    "Weights": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 1000000}, "examples": [{"old": 70, "new": 30}]},
    "Problem": {
      "type": "object", "description": "RFC 9457", "required": ["type", "title", "status", "detail"],
      "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:segue:problem:not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, as a sentence."},
        "errors": {
          "type": "array",
          "items": {
            "type": "object", "required": ["detail"],
            "properties": {
              "path": {"type": "string", "description": "The part that is wrong, like weights.new"},
              "file": {"type": "string"}, "line": {"type": "integer"}, "column": {"type": "integer"},
              "detail": {"type": "string"}
            }
          }
        }
      }
    },
    "Changed": {
      "type": "object", "required": ["generation", "settled", "changed", "warnings"],
      "properties": {
        "generation": {"$ref": "#/components/schemas/Generation"},
        "settled": {"type": "boolean", "description": "Every worker serves it."},
        "changed": {"type": "boolean", "description": "false: it was so already; no generation and no event were made."},
        "revision": {"type": ["integer", "null"], "description": "Under which it is kept, and can be undone."},
        "kept": {"type": "boolean", "description": "false: it is served, and could not be written yet; only the kill switch does that."},
        "changes": {
          "type": "array",
          "items": {
            "type": "object", "required": ["before", "after"],
            "properties": {
              "route": {"type": "string"}, "pool": {"type": "string"}, "address": {"type": "string"},
              "before": {"description": "Weights by pool, or a state."},
              "after": {"description": "Weights by pool, or a state."}
            }
          }
        },
        "pool": {"type": "string", "description": "Of a failback."},
        "failback": {"$ref": "#/components/schemas/FailbackState"},
        "differences": {"type": "array", "items": {"$ref": "#/components/schemas/Difference"}},
        "dry_run": {"type": "boolean", "description": "true: nothing was changed."},
        "moves": {
          "type": "object", "description": "Of a dry run: the cohorts seen lately that would go to another pool.",
          "properties": {
            "cohorts": {"type": "integer"}, "of_cohorts": {"type": "integer"},
            "share": {"type": ["number", "null"]}, "share_of_requests": {"type": ["number", "null"]},
            "directions": {"type": "array", "items": {"type": "object"}},
            "examples": {"type": "array", "items": {"type": "object"}}
          }
        },
        "before": {"$ref": "#/components/schemas/Generation"},
        "config_file": {"type": "string"},
        "needs_restart": {
          "type": "array", "items": {"type": "string", "examples": ["workers", "[admin]", "[log]"]},
          "description": "What a reload read and only the next start takes over."
        },
        "warnings": {"type": "array", "items": {"type": "string"}}
      }
    },
    "RevisionInfo": {
      "type": "object", "required": ["revision", "at", "by", "uid", "what", "reason"],
      "properties": {
        "revision": {"type": "integer", "minimum": 1, "description": "Without gaps."},
        "at": {"$ref": "#/components/schemas/Time"}, "by": {"type": "string"}, "uid": {"type": "integer"},
        "what": {"type": "string", "examples": ["weights webhooks: old=90 new=10 -> old=70 new=30"]},
        "reason": {"type": ["string", "null"]}
      }
    },
    "History": {
      "type": "object", "required": ["revision", "first_revision", "next_before", "revisions"],
      "properties": {
        "revision": {"type": ["integer", "null"], "description": "The newest there is."},
        "first_revision": {"type": ["integer", "null"], "description": "The oldest that is kept."},
        "next_before": {"type": ["integer", "null"], "description": "before= of the next page; null after the last."},
        "revisions": {"type": "array", "items": {"$ref": "#/components/schemas/RevisionInfo"}}
      }
    },
    "Runtime": {
      "type": "object", "description": "All that operators have set.", "required": ["weights", "reverts", "pins", "sessions", "endpoints"],
      "properties": {
        "weights": {"type": "object", "description": "By route.", "additionalProperties": {"$ref": "#/components/schemas/Weights"}},
        "reverts": {"type": "object", "description": "By route: what its weights become by themselves, and when."},
        "pins": {"type": "array", "items": {"type": "object"}},
        "sessions": {"type": "object", "description": "By cohort group: how often they were drawn anew.", "additionalProperties": {"type": "integer"}},
        "endpoints": {"type": "array", "items": {"type": "object"}}
      }
    },
    "Difference": {
      "type": "object", "required": ["what", "name", "before", "after"],
      "properties": {
        "what": {"type": "string", "enum": ["weights", "revert", "pin", "sessions", "endpoint"]}, "name": {"type": "string"},
        "before": {"type": "string"}, "after": {"type": "string"}
      }
    },
    "Revision": {
      "allOf": [
        {"$ref": "#/components/schemas/RevisionInfo"},
        {
          "type": "object", "required": ["differences", "before", "after"],
          "properties": {
            "differences": {"type": "array", "items": {"$ref": "#/components/schemas/Difference"}},
            "before": {"description": "null when it is no longer kept.", "oneOf": [{"$ref": "#/components/schemas/Runtime"}, {"type": "null"}]},
            "after": {"$ref": "#/components/schemas/Runtime"}
          }
        }
      ]
    },
    "Diff": {
      "type": "object", "required": ["config_file", "same", "differences", "runtime"],
      "properties": {
        "config_file": {"type": "string"}, "same": {"type": "boolean"},
        "differences": {"type": "array", "description": "before: the file; after: what is served.", "items": {"$ref": "#/components/schemas/Difference"}},
        "runtime": {"$ref": "#/components/schemas/Runtime"}
      }
    },
    "State": {
      "type": "object",
      "required": ["dir", "survives_restart", "writable", "problem", "problem_since", "revision", "first_revision", "unwritten", "bytes", "backups"],
      "properties": {
        "dir": {"type": ["string", "null"], "description": "null: in memory, until the process ends."},
        "survives_restart": {"type": "boolean", "description": "All that is served now would be served after a restart."},
        "writable": {"type": "boolean", "description": "false: changes are refused, but for the kill switch."},
        "problem": {"type": ["string", "null"]}, "problem_since": {"$ref": "#/components/schemas/Time"},
        "revision": {"type": ["integer", "null"]}, "first_revision": {"type": ["integer", "null"]},
        "unwritten": {"type": "integer", "description": "Changes that are served and not kept yet."},
        "bytes": {"type": "integer", "description": "Of the database."},
        "backups": {
          "type": "object", "required": ["dir", "every_seconds", "last", "next", "problem"],
          "properties": {
            "dir": {"type": ["string", "null"]}, "every_seconds": {"type": ["integer", "null"], "description": "null: none are scheduled."},
            "last": {"$ref": "#/components/schemas/Time"}, "next": {"$ref": "#/components/schemas/Time"}, "problem": {"type": ["string", "null"]}
          }
        }
      }
    },
    "Status": {
      "type": "object",
      "required": ["version", "commit", "pid", "started", "uptime_seconds", "ready", "draining", "config_file", "generation", "settled_generation", "workers", "listeners", "routes", "pools", "endpoints", "requests", "memory", "revision", "warnings"],
      "properties": {
        "revision": {"type": "integer", "description": "The newest change that is kept; 0: none was made."},
        "version": {"type": "string"}, "commit": {"type": "string"}, "pid": {"type": "integer"},
        "started": {"$ref": "#/components/schemas/Time"}, "uptime_seconds": {"type": "integer"},
        "ready": {"type": "boolean"}, "draining": {"type": "boolean"}, "config_file": {"type": "string"},
        "generation": {"$ref": "#/components/schemas/Generation"},
        "settled_generation": {"$ref": "#/components/schemas/Generation"},
        "workers": {"type": "integer"}, "listeners": {"type": "integer"}, "routes": {"type": "integer"},
        "pools": {"type": "object", "properties": {"total": {"type": "integer"}, "eligible": {"type": "integer"}}},
        "endpoints": {"type": "object", "properties": {"total": {"type": "integer"}, "in_rotation": {"type": "integer"}}},
        "requests": {
          "type": "object",
          "properties": {"total": {"type": "integer"}, "failures": {"type": "integer"}, "in_flight": {"type": "integer"}, "per_second": {"type": "number"}}
        },
        "memory": {"type": "object", "properties": {"resident_bytes": {"type": "integer"}, "max_bytes": {"type": "integer", "description": "0: no limit"}}},
        "warnings": {"type": "array", "items": {"type": "string"}}
      }
    },
    "Listener": {
      "type": "object", "required": ["listener", "address", "connections", "connections_max", "accepted", "refused"],
      "properties": {
        "listener": {"type": "string"}, "address": {"type": "string", "description": "As bound."}, "connections": {"type": ["integer", "null"]},
        "connections_max": {"type": ["integer", "null"]}, "accepted": {"type": ["integer", "null"]}, "refused": {"type": ["integer", "null"]},
        "certificates": {
          "type": "array", "description": "What it shows in TLS; empty when it speaks plain HTTP.",
          "items": {
            "type": "object", "required": ["file", "names", "not_after"],
            "properties": {
              "file": {"type": "string"}, "names": {"type": "string"},
              "not_after": {"type": "integer", "description": "Seconds since 1970."}
            }
          }
        }
      }
    },
    "Worker": {
      "type": "object", "required": ["worker", "generation", "busy", "requests", "client_aborts", "tunnels", "local_replies"],
      "properties": {
        "worker": {"type": "integer"}, "generation": {"$ref": "#/components/schemas/Generation"},
        "busy": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "Of its time, over the last minute."},
        "requests": {"type": "integer"}, "client_aborts": {"type": "integer"}, "tunnels": {"type": "integer"},
        "retry_budget_exhausted": {"type": "integer"}, "buffer_bytes": {"type": "integer"},
        "access_lines": {"type": "integer"}, "access_dropped": {"type": "integer"},
        "local_replies": {"type": "object", "additionalProperties": {"type": "integer"}}
      }
    },
    "Route": {
      "type": "object", "required": ["route", "kind", "match", "weights", "cohort", "fallback"],
      "properties": {
        "route": {"type": "string"}, "kind": {"type": "string", "enum": ["web", "webhook"]},
        "match": {"type": "object"}, "weights": {"$ref": "#/components/schemas/Weights"},
        "cohort": {"type": "array", "items": {"type": "string"}}, "fallback": {"type": "array", "items": {"type": "string"}}
      }
    },
    "Explanation": {
      "type": "object", "required": ["generation", "route", "match", "ambiguous", "cohort", "branches", "fallback", "pool", "reason"],
      "properties": {
        "generation": {"$ref": "#/components/schemas/Generation"},
        "route": {"type": ["string", "null"]}, "match": {"type": "string"}, "ambiguous": {"type": "boolean"},
        "cohort": {"type": "object", "properties": {"source": {"type": "string"}, "key": {"type": "string"}, "hash": {"type": "string"}}},
        "branches": {
          "type": "array",
          "items": {
            "type": "object",
            "properties": {
              "pool": {"type": "string"}, "weight": {"type": "integer"}, "effective_share": {"type": "number"},
              "score": {"type": "number"}, "eligible": {"type": "boolean"},
              "admits": {"type": "boolean", "description": "false: the pool is coming back after a failure, and not for this cohort yet."},
              "in_rotation": {"type": "integer"}, "endpoints": {"type": "integer"}
            }
          }
        },
        "fallback": {"type": "array", "items": {"type": "string"}},
        "pin": {"type": ["object", "null"], "properties": {"pool": {"type": "string"}, "hard": {"type": "boolean"}}},
        "pool": {"type": ["string", "null"]},
        "why": {"type": "string", "enum": ["split", "unknown", "chosen", "pinned", "session", "fallback", "nobody"]},
        "reason": {"type": "string"}
      }
    },
    "Cohorts": {
      "type": "object", "required": ["seen", "cohorts"],
      "properties": {
        "seen": {"type": "integer", "description": "How many; at most 1000 are listed."},
        "cohorts": {"type": "array", "items": {"$ref": "#/components/schemas/Cohort"}}
      }
    },
    "Places": {
      "type": "object", "required": ["key", "routes"],
      "properties": {"key": {"type": "string"}, "routes": {"type": "array", "items": {"$ref": "#/components/schemas/Where"}}}
    },
    "Where": {"type": "object", "required": ["route", "group", "pool", "why", "reason"], "description": "As Explanation, and what was seen of the cohort."},
    "Pin": {
      "type": "object", "required": ["group", "key", "pool", "hard", "by", "reason", "since", "until"],
      "properties": {
        "group": {"type": "string"}, "key": {"type": "string"}, "pool": {"type": "string"}, "hard": {"type": "boolean"},
        "by": {"type": "string"}, "reason": {"type": "string"},
        "since": {"$ref": "#/components/schemas/Time"}, "until": {"$ref": "#/components/schemas/Time"}
      }
    },
    "Cohort": {
      "type": "object", "required": ["route", "group", "key", "pool", "next_pool", "requests", "last_seen"],
      "properties": {
        "route": {"type": ["string", "null"]}, "group": {"type": ["string", "null"]},
        "key": {"type": "string"}, "name": {"type": "string", "description": "Another name of it, by which pins find it too."},
        "hash": {"type": "string"}, "pool": {"type": "string", "description": "Where it was last."},
        "next_pool": {"type": "string", "description": "Where it would go now."}, "requests": {"type": "integer"},
        "first_seen": {"$ref": "#/components/schemas/Time"}, "last_seen": {"$ref": "#/components/schemas/Time"},
        "moved": {"$ref": "#/components/schemas/Time"}, "moved_from": {"type": "string"}
      }
    },
    "Delivery": {
      "type": "object", "required": ["delivery", "route", "key", "why", "pool", "status"],
      "properties": {
        "delivery": {"type": "string"}, "event": {"type": "string"}, "request_id": {"type": "string"},
        "ended": {"$ref": "#/components/schemas/Time"}, "route": {"type": ["string", "null"]},
        "key": {"type": "string"}, "name": {"type": "string"}, "hash": {"type": "string"}, "why": {"type": "string"},
        "pool": {"type": ["string", "null"]}, "endpoint": {"type": "string"}, "attempts": {"type": "integer"},
        "status": {"type": "integer"}, "by_generation": {"$ref": "#/components/schemas/Generation"},
        "fault": {"type": "string"}, "now": {"type": "object", "description": "As Explanation: where it would go now."}
      }
    },
    "Window": {
      "type": "object", "required": ["seconds", "requests", "failures", "share", "p50_ms", "p99_ms"],
      "properties": {
        "seconds": {"type": "number"}, "requests": {"type": "integer"}, "failures": {"type": "integer"},
        "share": {"type": ["number", "null"], "description": "Of the route's requests in this time; null without any."},
        "p50_ms": {"type": ["number", "null"]}, "p99_ms": {"type": ["number", "null"]}
      }
    },
    "Split": {
      "type": "object", "required": ["route", "cohort", "weights_from", "weights_generation", "pools"],
      "properties": {
        "route": {"type": "string"}, "cohort": {"type": "array", "items": {"type": "string"}},
        "weights_from": {"type": "string", "enum": ["file", "operator"]}, "weights_generation": {"type": "integer"},
        "weights_until": {"$ref": "#/components/schemas/Time", "description": "Then the weights of before come back; null: they stay."},
        "group": {"type": "string", "description": "The cohort group."}, "pins": {"type": "integer", "description": "Of the group."},
        "pools": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["pool", "fallback", "eligible", "weight", "file_weight", "share", "effective_share", "requests", "failures", "in_flight", "observed"],
            "properties": {
              "pool": {"type": "string"}, "fallback": {"type": "boolean", "description": "Not part of the split: takes over when nobody else can."},
              "eligible": {"type": "boolean"}, "weight": {"type": ["integer", "null"]}, "file_weight": {"type": ["integer", "null"]},
              "share": {"type": ["number", "null"], "description": "Of the weights as set."},
              "effective_share": {"type": ["number", "null"], "description": "Of the weights of pools that can take traffic now."},
              "requests": {"type": "integer"}, "failures": {"type": "integer"}, "in_flight": {"type": "integer"},
              "observed": {
                "type": "object", "required": ["since_change", "last_minute"],
                "properties": {"since_change": {"$ref": "#/components/schemas/Window"}, "last_minute": {"$ref": "#/components/schemas/Window"}}
              }
            }
          }
        }
      }
    },
    "Endpoint": {
      "type": "object",
      "required": ["pool", "address", "weight", "rotation", "cause", "state", "resolved", "requests", "failures", "in_flight", "connections", "idle", "connects", "connect_failures"],
      "properties": {
        "pool": {"type": "string"}, "address": {"type": "string"}, "weight": {"type": "integer"},
        "rotation": {"type": "string", "enum": ["in", "half_open", "drain", "out"]}, "cause": {"type": "string"},
        "state": {"type": "string", "enum": ["ready", "drain", "out", "up", "down", "auto"], "description": "The operator's word."},
        "resolved": {"type": ["string", "null"]}, "requests": {"type": "integer"}, "failures": {"type": "integer"},
        "in_flight": {"type": "integer"}, "connections": {"type": "integer"}, "idle": {"type": "integer"},
        "connects": {"type": "integer"}, "connect_failures": {"type": "integer"}
      }
    },
    "Pool": {
      "type": "object", "required": ["pool", "eligible", "known", "in_rotation", "healthy_min", "balance", "failback", "lasting", "endpoints"],
      "properties": {
        "pool": {"type": "string"}, "eligible": {"type": "boolean", "description": "Can take traffic."},
        "known": {"type": "boolean", "description": "Some endpoint has had a verdict since the start."},
        "in_rotation": {"type": "integer"}, "healthy_min": {"type": "integer"},
        "balance": {"type": "string", "enum": ["least_loaded", "round_robin"]},
        "failback": {"$ref": "#/components/schemas/FailbackState"}, "lasting": {"$ref": "#/components/schemas/Lasting"},
        "endpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Endpoint"}}
      }
    },
    "FailbackState": {
      "type": "object", "required": ["state", "hold", "admitted", "step", "steps", "failures", "since", "next"],
      "properties": {
        "state": {"type": "string", "enum": ["taking", "failed", "stabilising", "returning", "held"]},
        "hold": {"type": ["string", "null"], "enum": ["manual", "flapping", null], "description": "Why it is held."},
        "admitted": {"type": "number", "minimum": 0, "maximum": 1, "description": "Of the cohorts that the weights give it, those that it has back."},
        "step": {"type": "integer", "description": "While returning; else 0."}, "steps": {"type": "integer"},
        "failures": {"type": "integer", "description": "Within flap_window."},
        "since": {"$ref": "#/components/schemas/Time"},
        "next": {"$ref": "#/components/schemas/Time", "description": "When it goes on by itself; null when it does not."}
      }
    },
    "Lasting": {
      "type": "object", "required": ["in_flight", "streams", "tunnels"],
      "properties": {
        "in_flight": {"type": "integer", "description": "Requests that run, streams and tunnels included."},
        "streams": {"type": "integer", "description": "Responses of unknown length that are being relayed."},
        "tunnels": {"type": "integer", "description": "Upgraded connections."}
      }
    },
    "Drained": {
      "allOf": [
        {"$ref": "#/components/schemas/Lasting"},
        {
          "type": "object", "required": ["pool", "drained", "sessions", "still_taking"],
          "properties": {
            "pool": {"type": "string"}, "drained": {"type": "boolean", "description": "Nothing runs, and nothing new comes. Sessions do not count."},
            "still_taking": {"type": "array", "items": {"type": "string"}, "description": "Why new requests still come, a sentence each."},
            "sessions": {"type": "integer", "description": "Whose last request went there in the last half hour, of those that are remembered."}
          }
        }
      ]
    },
    "ClosedTunnels": {
      "type": "object", "required": ["pool", "tunnels", "over"],
      "properties": {"pool": {"type": "string"}, "tunnels": {"type": "integer", "description": "Those there were."}, "over": {"type": "string"}}
    },
    "Health": {
      "type": "object",
      "required": ["pool", "address", "state", "since", "last_check", "last_result", "passes", "failures", "checks", "checks_failed", "transitions", "outlier", "ejections", "ejected_until"],
      "properties": {
        "pool": {"type": "string"}, "address": {"type": "string"},
        "state": {"type": "string", "enum": ["unchecked", "checking", "up", "down", "starting", "asked_drain"]},
        "since": {"$ref": "#/components/schemas/Time"}, "last_check": {"$ref": "#/components/schemas/Time"}, "last_result": {"type": "string"},
        "passes": {"type": "integer"}, "failures": {"type": "integer"}, "checks": {"type": "integer"},
        "checks_failed": {"type": "integer"}, "transitions": {"type": "integer"},
        "outlier": {"type": "string", "enum": ["in", "ejected", "half_open"]}, "ejections": {"type": "integer"},
        "ejected_until": {"$ref": "#/components/schemas/Time"}
      }
    },
    "EndpointHealth": {
      "allOf": [
        {"$ref": "#/components/schemas/Endpoint"},
        {"type": "object", "required": ["health"], "properties": {"health": {"$ref": "#/components/schemas/Health"}}}
      ]
    },
    "Events": {
      "type": "object", "required": ["oldest_id", "newest_id", "events"],
      "properties": {
        "oldest_id": {"type": ["integer", "null"]},
        "newest_id": {"type": ["integer", "null"]},
        "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}
      }
    },
    "Event": {
      "type": "object", "required": ["id", "time", "level", "name", "facts"],
      "properties": {
        "id": {"type": "integer"}, "time": {"$ref": "#/components/schemas/Time"},
        "level": {"type": "string", "enum": ["info", "warn", "error"]}, "name": {"type": "string", "examples": ["endpoint.up"]},
        "facts": {"type": "object", "additionalProperties": {"type": "string"}}
      }
    }
  }
})json";

Json ref(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

Json problem() {
  return ref("responses", "Problem");
}

bool is_change(const Resource& resource) {
  return resource.gives == "Changed";
}

// `gives` as router.h explains it.
Json answer_of(const Resource& resource) {
  if (resource.gives.empty()) return ref("responses", "Text");
  Json answer = {{"description", "The answer."}};
  if (resource.gives.find('/') != resource.gives.npos) {
    answer["content"][std::string(resource.gives)]["schema"]["type"] =
        resource.gives.ends_with("json") ? "object" : "string";
    return answer;
  }
  const std::size_t colon = resource.gives.find(':');
  Json own = ref("schemas", resource.gives.substr(colon + 1));
  if (colon != resource.gives.npos) {
    const std::string member(resource.gives.substr(0, colon));
    own = {{"type", "object"},
           {"required", Json::array({member})},
           {"properties", {{member, {{"type", "array"}, {"items", std::move(own)}}}}}};
  }
  answer["headers"]["ETag"] = ref("headers", "ETag");
  answer["content"]["application/json"]["schema"]["allOf"] =
      Json::array({ref("schemas", "Reading"), std::move(own)});
  if (resource.gives == "Events") {
    answer["content"]["text/event-stream"]["schema"]["type"] = "string";
    answer["content"]["application/x-ndjson"]["schema"] = ref("schemas", "Event");
  }
  return answer;
}

// Every refusal follows from what a resource takes.
Json responses_of(const Resource& resource) {
  Json out = Json::object();
  if (is_change(resource)) {
    out["200"] = ref("responses", "Changed");
    out["202"] = ref("responses", "Waiting");
    out["412"] = problem();
  } else {
    out["200"] = answer_of(resource);
  }
  if (resource.pattern == "/ready") out["503"] = ref("responses", "Text");
  if (resource.pattern.starts_with("/v1/")) out["400"] = out["503"] = problem();
  const bool names = resource.pattern.find('{') != resource.pattern.npos;
  if (names || resource.query == "pool" || resource.query == "route") out["404"] = problem();
  if (!resource.takes.empty())
    for (const char* status : {"408", "413", "415", "422"}) out[status] = problem();
  if (resource.gives == "Events" || resource.tag == "state") out["422"] = problem();
  out["405"] = ref("responses", "MethodNotAllowed");
  out["default"] = problem();  // what is wrong with any request: 408, 414, 417, 431, 505
  return out;
}

Json parameters_of(const Resource& resource) {
  Json out = Json::array();
  for (std::string_view rest = resource.pattern; rest.find('{') != rest.npos;) {
    rest.remove_prefix(rest.find('{') + 1);
    out.push_back(ref("parameters", "path." + std::string(rest.substr(0, rest.find('}')))));
  }
  for (const std::string_view name : words_of(resource.query))
    out.push_back(ref("parameters", "query." + std::string(name)));
  if (resource.gives == "Events") out.push_back(ref("parameters", "last-event-id"));
  if (is_change(resource)) out.push_back(ref("parameters", "if-match"));
  return out;
}

Json operation_of(const Resource& resource, const Json& components) {
  Json operation = {{"operationId", resource.id},
                    {"tags", Json::array({resource.tag})},
                    {"summary", resource.summary}};
  if (Json parameters = parameters_of(resource); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (!resource.takes.empty()) {
    const Json& schema = components["schemas"][std::string(resource.takes)];
    operation["requestBody"]["required"] = schema.contains("required");
    operation["requestBody"]["content"]["application/json"]["schema"] =
        ref("schemas", resource.takes);
  }
  operation["responses"] = responses_of(resource);
  return operation;
}

}  // namespace

std::string openapi_document() {
  Json document = Json::parse(kHead, nullptr, false);
  Json components = Json::parse(kComponents, nullptr, false);
  for (const Resource& resource : resources()) {
    std::string method(resource.method);
    for (char& c : method) c = static_cast<char>(c | 0x20);
    document["paths"][std::string(resource.pattern)][method] = operation_of(resource, components);
  }
  document["components"] = std::move(components);
  return to_text(document);
}

}  // namespace segue::admin
