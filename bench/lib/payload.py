"""A webhook's payload as GitHub makes them: the same bytes in every run."""
import json

from lib import tools

LINKS = ("html", "keys", "forks", "hooks", "issue_events", "events", "assignees", "branches", "tags", "blobs", "git_tags",
         "git_refs", "trees", "statuses", "languages", "stargazers", "contributors", "subscribers", "subscription",
         "commits", "git_commits", "comments", "issue_comment", "contents", "compare", "merges", "archive", "downloads",
         "issues", "pulls", "milestones", "notifications", "labels", "releases", "deployments")

PROSE = "Says *what* was wrong.\r\n\r\n- `conf/` names the key\r\n- \"expected\" comes last\r\n"


def user(number, login):
    return {"login": login, "id": number, "node_id": f"MDQ6VXNlcg{number}", "avatar_url": f"https://avatars.example.com/u/{number}?v=4",
            "gravatar_id": "", "url": f"https://api.github.com/users/{login}", "html_url": f"https://github.com/{login}",
            "followers_url": f"https://api.github.com/users/{login}/followers",
            "gists_url": f"https://api.github.com/users/{login}/gists{{/gist_id}}",
            "received_events_url": f"https://api.github.com/users/{login}/received_events", "type": "User", "site_admin": False}


def repository(number, owner, name):
    base = f"https://api.github.com/repos/{owner}/{name}"
    return {"id": number, "node_id": f"MDEwOlJlcG9zaXRvcnk{number}", "name": name, "full_name": f"{owner}/{name}", "private": False,
            "owner": user(583231, owner), "description": "Builds \"everything\", fast", "fork": False, "url": base,
            **{f"{link}_url": f"{base}/{link}{{/sha}}" for link in LINKS},
            "created_at": "2019-05-15T15:19:25Z", "size": 108, "stargazers_count": 80, "language": "C++", "has_issues": True,
            "license": None, "default_branch": "main", "topics": ["ci", "build"]}


def pull_request(size):
    """A pull request's event of exactly `size` bytes, as in life with the repository behind the pull request."""
    def event(reviewers, padding):
        return json.dumps({
            "action": "synchronize", "number": 42,
            "pull_request": {
                "url": "https://api.github.com/repos/octo-org/builder/pulls/42", "id": 279147437, "number": 42, "state": "open",
                "title": "Say what is wrong" + "." * padding, "user": user(21031067, "mara"), "body": PROSE,
                "labels": [{"id": 208045946, "name": "bug", "color": "f29513", "default": True}], "draft": False,
                "requested_reviewers": [user(1000 + i, f"reviewer{i}") for i in range(reviewers)],
                "head": {"label": "mara:fix", "ref": "fix", "sha": "ec26c3e57ca3a959ca5aad62de7213c562f8c821",
                         "user": user(21031067, "mara"), "repo": repository(99, "mara", "builder")},
                "base": {"label": "octo-org:main", "ref": "main", "sha": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"},
                "commits": 3, "additions": 120, "deletions": 17, "changed_files": 9},
            "repository": repository(186853002, "octo-org", "builder"), "sender": user(21031067, "mara"),
        }, separators=(",", ":")).encode()
    bare = len(event(0, 0))
    if bare > size:
        raise ValueError(f"a pull request's event has {bare} bytes at least")
    reviewers = (size - bare) // (len(event(1, 0)) - bare)
    while len(event(reviewers, 0)) > size:
        reviewers -= 1
    return event(reviewers, size - len(event(reviewers, 0)))


def file(size):
    """The path of a file with it."""
    path = tools.OUT / f"pull_request.{size}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pull_request(size))
    return path
