// The OpenAPI document, by hand. tests/admin/openapi_test.cc compares it with the table of
// resources.
#include "admin/openapi.h"

namespace segue::admin {
namespace {

constexpr std::string_view kDocument = R"json({
  "openapi": "3.1.0",
  "info": {
    "title": "segue admin API",
    "version": "1",
    "summary": "Reads and changes a running segue over its UNIX socket.",
    "description": "Speak HTTP/1.1 to the admin socket: curl --unix-socket /run/segue/admin.sock http://segue/v1/splits. Every reading carries the generation it shows as ETag; a change may carry it back as If-Match and is refused with 412 when somebody else was faster. A change answers when every worker serves it. What is refused changes nothing."
  },
  "servers": [{"url": "http://segue", "description": "The name means nothing: the socket decides."}],
  "tags": [
    {"name": "process", "description": "The process and its parts"},
    {"name": "routing", "description": "Where requests go"},
    {"name": "splits", "description": "How routes divide among pools"},
    {"name": "pools", "description": "Who answers"},
    {"name": "events", "description": "What happened"}
  ],
  "paths": {
    "/live": {
      "get": {
        "operationId": "getLive", "tags": ["process"], "summary": "Is the process alive? Also on the TCP address.",
        "responses": {"200": {"$ref": "#/components/responses/Text"}}
      }
    },
    "/ready": {
      "get": {
        "operationId": "getReady", "tags": ["process"],
        "summary": "Are all listeners bound, is a configuration served, and is the process not draining? Also on the TCP address.",
        "responses": {"200": {"$ref": "#/components/responses/Text"}, "503": {"$ref": "#/components/responses/Text"}}
      }
    },
    "/metrics": {
      "get": {
        "operationId": "getMetrics", "tags": ["process"], "summary": "Everything counted, as Prometheus text. Also on the TCP address.",
        "responses": {"200": {"$ref": "#/components/responses/Text"}}
      }
    },
    "/v1/status": {
      "get": {
        "operationId": "getStatus", "tags": ["process"], "summary": "The process at a glance, and what an operator should know.",
        "responses": {
          "200": {
            "description": "The status.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
          }
        }
      }
    },
    "/v1/listeners": {
      "get": {
        "operationId": "getListeners", "tags": ["process"], "summary": "Listening addresses and their connections. The TCP address for metrics is called admin; its connections are not counted.",
        "responses": {
          "200": {
            "description": "The listeners.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "listeners"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "listeners": {"type": "array", "items": {"$ref": "#/components/schemas/Listener"}}
              }
            }}}
          }
        }
      }
    },
    "/v1/workers": {
      "get": {
        "operationId": "getWorkers", "tags": ["process"], "summary": "The worker threads: load, counts and answers of segue's own.",
        "responses": {
          "200": {
            "description": "The workers.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "workers"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "workers": {"type": "array", "items": {"$ref": "#/components/schemas/Worker"}}
              }
            }}}
          }
        }
      }
    },
    "/v1/openapi.json": {
      "get": {
        "operationId": "getOpenapi", "tags": ["process"], "summary": "This document.",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}}
      }
    },
    "/v1/config": {
      "get": {
        "operationId": "getConfig", "tags": ["process"],
        "summary": "The configuration as read, in canonical TOML with every default. Weights set at run time are in /v1/splits.",
        "responses": {
          "200": {
            "description": "The configuration.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/toml": {"schema": {"type": "string"}}}
          }
        }
      }
    },
    "/v1/reload": {
      "post": {
        "operationId": "reload", "tags": ["process"],
        "summary": "Reads the configuration file again. All or nothing: a file with a mistake changes nothing.",
        "parameters": [{"$ref": "#/components/parameters/IfMatch"}],
        "requestBody": {
          "required": false,
          "content": {"application/json": {"schema": {
            "type": "object", "additionalProperties": false,
            "properties": {
              "weights_from_file": {"type": "boolean", "default": false, "description": "Forget weights that were set at run time."},
              "reason": {"$ref": "#/components/schemas/Reason"}
            }
          }}}
        },
        "responses": {
          "200": {"$ref": "#/components/responses/Changed"}, "202": {"$ref": "#/components/responses/Waiting"},
          "400": {"$ref": "#/components/responses/Problem"}, "412": {"$ref": "#/components/responses/Problem"},
          "415": {"$ref": "#/components/responses/Problem"}, "422": {"$ref": "#/components/responses/Problem"},
          "503": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/routes": {
      "get": {
        "operationId": "getRoutes", "tags": ["routing"], "summary": "The routes in order of precedence: the first that matches takes a request.",
        "responses": {
          "200": {
            "description": "The routes.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "routes"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "routes": {"type": "array", "items": {"$ref": "#/components/schemas/Route"}}
              }
            }}}
          }
        }
      }
    },
    "/v1/explain": {
      "post": {
        "operationId": "explain", "tags": ["routing"], "summary": "Which route, cohort and pool a request would get now, and why. Sends nothing.",
        "requestBody": {
          "required": true,
          "content": {"application/json": {"schema": {
            "type": "object", "additionalProperties": false, "required": ["url"],
            "properties": {
              "method": {"type": "string", "default": "GET"},
              "url": {"type": "string", "examples": ["https://ci.example.com/job/app/", "/job/app/"]},
              "headers": {
                "type": "object",
                "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
              },
              "client": {"type": "string", "default": "127.0.0.1", "description": "The client's address, without port."}
            }
          }}}
        },
        "responses": {
          "200": {
            "description": "The story of the request.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Explanation"}}}
          },
          "400": {"$ref": "#/components/responses/Problem"}, "415": {"$ref": "#/components/responses/Problem"},
          "422": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/splits": {
      "get": {
        "operationId": "getSplits", "tags": ["splits"], "summary": "Every split: weights as set, shares as possible now, shares as seen.",
        "responses": {
          "200": {
            "description": "The splits.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "splits"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "splits": {"type": "array", "items": {"$ref": "#/components/schemas/Split"}}
              }
            }}}
          }
        }
      },
      "patch": {
        "operationId": "changeSplits", "tags": ["splits"],
        "summary": "Changes the weights of several splits at once: all or none. Pools that are not named keep theirs.",
        "parameters": [{"$ref": "#/components/parameters/IfMatch"}],
        "requestBody": {
          "required": true,
          "content": {"application/json": {"schema": {
            "type": "object", "additionalProperties": false, "required": ["splits"],
            "properties": {
              "splits": {"type": "object", "minProperties": 1, "maxProperties": 256, "additionalProperties": {"$ref": "#/components/schemas/Weights"}},
              "reason": {"$ref": "#/components/schemas/Reason"}
            }
          }}}
        },
        "responses": {
          "200": {"$ref": "#/components/responses/Changed"}, "202": {"$ref": "#/components/responses/Waiting"},
          "400": {"$ref": "#/components/responses/Problem"}, "412": {"$ref": "#/components/responses/Problem"},
          "415": {"$ref": "#/components/responses/Problem"}, "422": {"$ref": "#/components/responses/Problem"},
          "503": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/splits/{route}": {
      "parameters": [{"$ref": "#/components/parameters/Route"}],
      "get": {
        "operationId": "getSplit", "tags": ["splits"], "summary": "The split of one route.",
        "responses": {
          "200": {
            "description": "The split.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "allOf": [
                {"$ref": "#/components/schemas/Split"},
                {"type": "object", "required": ["generation"], "properties": {"generation": {"$ref": "#/components/schemas/Generation"}}}
              ]
            }}}
          },
          "404": {"$ref": "#/components/responses/Problem"}
        }
      },
      "put": {
        "operationId": "changeSplit", "tags": ["splits"], "summary": "Changes the weights of one split. Pools that are not named keep theirs.",
        "parameters": [{"$ref": "#/components/parameters/IfMatch"}],
        "requestBody": {
          "required": true,
          "content": {"application/json": {"schema": {
            "type": "object", "additionalProperties": false, "required": ["weights"],
            "properties": {"weights": {"$ref": "#/components/schemas/Weights"}, "reason": {"$ref": "#/components/schemas/Reason"}}
          }}}
        },
        "responses": {
          "200": {"$ref": "#/components/responses/Changed"}, "202": {"$ref": "#/components/responses/Waiting"},
          "400": {"$ref": "#/components/responses/Problem"}, "404": {"$ref": "#/components/responses/Problem"},
          "412": {"$ref": "#/components/responses/Problem"}, "415": {"$ref": "#/components/responses/Problem"},
          "422": {"$ref": "#/components/responses/Problem"}, "503": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/pools": {
      "get": {
        "operationId": "getPools", "tags": ["pools"], "summary": "Every pool with its endpoints.",
        "responses": {
          "200": {
            "description": "The pools.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "pools"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "pools": {"type": "array", "items": {"$ref": "#/components/schemas/Pool"}}
              }
            }}}
          }
        }
      }
    },
    "/v1/pools/{pool}": {
      "parameters": [{"$ref": "#/components/parameters/Pool"}],
      "get": {
        "operationId": "getPool", "tags": ["pools"], "summary": "One pool with its endpoints.",
        "responses": {
          "200": {
            "description": "The pool.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "allOf": [
                {"$ref": "#/components/schemas/Pool"},
                {"type": "object", "required": ["generation"], "properties": {"generation": {"$ref": "#/components/schemas/Generation"}}}
              ]
            }}}
          },
          "404": {"$ref": "#/components/responses/Problem"}
        }
      },
      "put": {
        "operationId": "changePool", "tags": ["pools"], "summary": "The operator's word about every endpoint of the pool.",
        "parameters": [{"$ref": "#/components/parameters/IfMatch"}],
        "requestBody": {"$ref": "#/components/requestBodies/State"},
        "responses": {
          "200": {"$ref": "#/components/responses/Changed"}, "202": {"$ref": "#/components/responses/Waiting"},
          "400": {"$ref": "#/components/responses/Problem"}, "404": {"$ref": "#/components/responses/Problem"},
          "412": {"$ref": "#/components/responses/Problem"}, "415": {"$ref": "#/components/responses/Problem"},
          "422": {"$ref": "#/components/responses/Problem"}, "503": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/pools/{pool}/endpoints": {
      "parameters": [{"$ref": "#/components/parameters/Pool"}],
      "get": {
        "operationId": "getEndpoints", "tags": ["pools"], "summary": "The endpoints of one pool.",
        "responses": {
          "200": {
            "description": "The endpoints.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "endpoints"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "endpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Endpoint"}}
              }
            }}}
          },
          "404": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/pools/{pool}/endpoints/{address}": {
      "parameters": [{"$ref": "#/components/parameters/Pool"}, {"$ref": "#/components/parameters/Address"}],
      "get": {
        "operationId": "getEndpoint", "tags": ["pools"], "summary": "One endpoint, with what health knows about it.",
        "responses": {
          "200": {
            "description": "The endpoint.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "allOf": [
                {"$ref": "#/components/schemas/Endpoint"},
                {
                  "type": "object", "required": ["generation", "health"],
                  "properties": {
                    "generation": {"$ref": "#/components/schemas/Generation"},
                    "health": {"$ref": "#/components/schemas/Health"}
                  }
                }
              ]
            }}}
          },
          "404": {"$ref": "#/components/responses/Problem"}
        }
      },
      "put": {
        "operationId": "changeEndpoint", "tags": ["pools"], "summary": "The operator's word about one endpoint. It wins over health.",
        "parameters": [{"$ref": "#/components/parameters/IfMatch"}],
        "requestBody": {"$ref": "#/components/requestBodies/State"},
        "responses": {
          "200": {"$ref": "#/components/responses/Changed"}, "202": {"$ref": "#/components/responses/Waiting"},
          "400": {"$ref": "#/components/responses/Problem"}, "404": {"$ref": "#/components/responses/Problem"},
          "412": {"$ref": "#/components/responses/Problem"}, "415": {"$ref": "#/components/responses/Problem"},
          "422": {"$ref": "#/components/responses/Problem"}, "503": {"$ref": "#/components/responses/Problem"}
        }
      }
    },
    "/v1/health": {
      "get": {
        "operationId": "getHealth", "tags": ["pools"], "summary": "What health knows about every endpoint.",
        "responses": {
          "200": {
            "description": "The verdicts and their evidence.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {"application/json": {"schema": {
              "type": "object", "required": ["generation", "endpoints"],
              "properties": {
                "generation": {"$ref": "#/components/schemas/Generation"},
                "endpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Health"}}
              }
            }}}
          }
        }
      }
    },
    "/v1/events": {
      "get": {
        "operationId": "getEvents", "tags": ["events"],
        "summary": "The events that are kept (1000), or with Accept: text/event-stream or application/x-ndjson a stream that goes on.",
        "description": "A stream begins with what happens next; with since=ID it begins after that event (since=0: with all that are kept). A client that does not read is cut off after 1 MiB.",
        "parameters": [
          {"name": "since", "in": "query", "description": "Only events after this one.", "schema": {"type": "integer", "minimum": 0}},
          {"name": "Last-Event-ID", "in": "header", "description": "The same, as browsers send it when they reconnect.", "schema": {"type": "integer", "minimum": 0}}
        ],
        "responses": {
          "200": {
            "description": "The events.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            "content": {
              "application/json": {"schema": {
                "type": "object", "required": ["generation", "oldest_id", "newest_id", "events"],
                "properties": {
                  "generation": {"$ref": "#/components/schemas/Generation"},
                  "oldest_id": {"type": ["integer", "null"]},
                  "newest_id": {"type": ["integer", "null"]},
                  "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}
                }
              }},
              "text/event-stream": {"schema": {"type": "string"}},
              "application/x-ndjson": {"schema": {"$ref": "#/components/schemas/Event"}}
            }
          },
          "422": {"$ref": "#/components/responses/Problem"}
        }
      }
    }
  },
  "components": {
    "headers": {
      "ETag": {"description": "The generation that is shown, in quotes. Counters move on within a generation.", "schema": {"type": "string", "examples": ["\"17\""]}}
    },
    "parameters": {
      "IfMatch": {"name": "If-Match", "in": "header", "description": "Change only if this is still the newest generation.", "schema": {"type": "string", "examples": ["\"17\""]}},
      "Route": {"name": "route", "in": "path", "required": true, "schema": {"type": "string"}},
      "Pool": {"name": "pool", "in": "path", "required": true, "schema": {"type": "string"}},
      "Address": {"name": "address", "in": "path", "required": true, "description": "As configured, with %2F for a slash.", "schema": {"type": "string", "examples": ["10.0.0.6:8080", "unix:%2Frun%2Fci.sock"]}}
    },
    "requestBodies": {
      "State": {
        "required": true,
        "content": {"application/json": {"schema": {
          "type": "object", "additionalProperties": false, "required": ["state"],
          "properties": {
            "state": {
              "type": "string", "enum": ["ready", "drain", "out", "auto"],
              "description": "ready: in rotation whatever health says. drain: nothing new, what runs goes on. out: nothing. auto: health decides."
            },
            "reason": {"$ref": "#/components/schemas/Reason"}
          }
        }}}
      }
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
      "Problem": {
        "description": "Refused; nothing was changed.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      }
    },
    "schemas": {
      "Generation": {"type": "integer", "minimum": 0, "description": "The number of the state of the world that is shown."},
      "Reason": {"type": "string", "maxLength": 1024, "description": "Why, for those who read the events."},
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
        "type": "object", "required": ["generation", "settled", "warnings"],
        "properties": {
          "generation": {"$ref": "#/components/schemas/Generation"},
          "settled": {"type": "boolean", "description": "Every worker serves it."},
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
          "before": {"$ref": "#/components/schemas/Generation"},
          "config_file": {"type": "string"},
          "warnings": {"type": "array", "items": {"type": "string"}}
        }
      },
      "Status": {
        "type": "object",
        "required": ["version", "commit", "pid", "started", "uptime_seconds", "ready", "draining", "config_file", "generation", "settled_generation", "workers", "listeners", "routes", "pools", "endpoints", "requests", "memory", "warnings"],
        "properties": {
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
          "certificates": {"type": "array", "description": "What it shows in TLS; empty when it speaks plain HTTP.", "items": {
            "type": "object", "required": ["file", "names", "not_after"],
            "properties": {"file": {"type": "string"}, "names": {"type": "string"}, "not_after": {"type": "integer", "description": "In seconds since 1970."}}
          }}
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
                "score": {"type": "number"}, "eligible": {"type": "boolean"}
              }
            }
          },
          "fallback": {"type": "array", "items": {"type": "string"}},
          "pool": {"type": ["string", "null"]}, "reason": {"type": "string"}
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
          "state": {"type": "string", "enum": ["ready", "drain", "out", "auto"], "description": "The operator's word."},
          "resolved": {"type": ["string", "null"]}, "requests": {"type": "integer"}, "failures": {"type": "integer"},
          "in_flight": {"type": "integer"}, "connections": {"type": "integer"}, "idle": {"type": "integer"},
          "connects": {"type": "integer"}, "connect_failures": {"type": "integer"}
        }
      },
      "Pool": {
        "type": "object", "required": ["pool", "eligible", "known", "in_rotation", "healthy_min", "balance", "endpoints"],
        "properties": {
          "pool": {"type": "string"}, "eligible": {"type": "boolean", "description": "Can take traffic."},
          "known": {"type": "boolean", "description": "Some endpoint has had a verdict since the start."},
          "in_rotation": {"type": "integer"}, "healthy_min": {"type": "integer"},
          "balance": {"type": "string", "enum": ["least_loaded", "round_robin"]},
          "endpoints": {"type": "array", "items": {"$ref": "#/components/schemas/Endpoint"}}
        }
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
      "Event": {
        "type": "object", "required": ["id", "time", "level", "name", "facts"],
        "properties": {
          "id": {"type": "integer"}, "time": {"$ref": "#/components/schemas/Time"},
          "level": {"type": "string", "enum": ["info", "warn", "error"]}, "name": {"type": "string", "examples": ["endpoint.up"]},
          "facts": {"type": "object", "additionalProperties": {"type": "string"}}
        }
      }
    }
  }
}
)json";

}  // namespace

std::string_view openapi_document() noexcept {
  return kDocument;
}

}  // namespace segue::admin
