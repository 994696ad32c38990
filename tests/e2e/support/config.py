"""Configurations as dictionaries, written as TOML."""
import json


def value(thing):
    if isinstance(thing, bool):
        return "true" if thing else "false"
    if isinstance(thing, (int, float)):
        return repr(thing)
    if isinstance(thing, str):
        return json.dumps(thing)
    if isinstance(thing, (list, tuple)):
        return "[" + ", ".join(value(item) for item in thing) + "]"
    if isinstance(thing, dict):
        return "{ " + ", ".join(f"{key(name)} = {value(item)}" for name, item in thing.items()) + " }"
    raise TypeError(f"no TOML for {thing!r}")


def key(name):
    return name if name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)


def to_toml(config):
    """One level of tables, everything below inline; lists of dictionaries are [[tables]]."""
    lines = [f"{key(name)} = {value(item)}" for name, item in config.items() if not _is_table(item)]
    for name, item in config.items():
        if isinstance(item, dict) and item and all(isinstance(v, dict) for v in item.values()):
            for inner, table in item.items():
                lines += ["", f"[{key(name)}.{key(inner)}]", *_pairs(table)]
        elif isinstance(item, dict):
            lines += ["", f"[{key(name)}]", *_pairs(item)]
        elif _is_table(item):
            for table in item:
                lines += ["", f"[[{key(name)}]]", *_pairs(table)]
    return "\n".join(lines) + "\n"


def _is_table(item):
    return isinstance(item, dict) or (isinstance(item, list) and item and isinstance(item[0], dict))


def _pairs(table):
    return [f"{key(name)} = {value(item)}" for name, item in table.items()]


NO_HEALTH = False


def pool(*addresses, **settings):
    """A pool that is used without being checked, unless `health` says otherwise."""
    return {"endpoints": list(addresses), "health": NO_HEALTH, **settings}


def route(split, name="all", match=None, **settings):
    """Without `match` the route takes what no other route wants."""
    return {"name": name, **({"match": match} if match else {}), "split": split, **settings}


def config(pools, routes=None, **sections):
    """One listener on a free port of 127.0.0.1; one route over all pools in equal parts unless `routes` says
    otherwise. Draining is short, so that a forgotten connection shows as a slow stop and not as a hang."""
    whole = {
        "workers": 2,
        "listeners": {"edge": {"address": "127.0.0.1:0"}},
        "pools": pools,
        "routes": routes or [route({name: 100 for name in pools})],
    }
    whole["timeouts"] = {"drain_requests": "5s", "drain_tunnels": "5s", **sections.pop("timeouts", {})}
    for name, section in sections.items():
        whole[name] = {**whole[name], **section} if name == "listeners" else section
    return whole
