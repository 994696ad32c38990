# labels: native
"""git clone and push of a large repository through the proxy."""
import os

from support.case import SegueCase, main, smaller
from support.config import config, pool, route
from support.git_server import GitServer

FILES = 10
FILE_SIZE = smaller(10 << 20)  # 100 MB in all, of bytes that do not compress


class Git(SegueCase):
    def git(self, *args, cwd=None):
        environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": self.home, "GIT_TERMINAL_PROMPT": "0",
                       "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t",
                       "GIT_COMMITTER_EMAIL": "t@example.com", "no_proxy": "*"}
        return self.run_tool("git", "-c", "core.compression=0", "-c", "gc.auto=0", *args, cwd=cwd, env=environment, wait=250).strip()

    def commit(self, path, name, files):
        for n in range(files):
            with open(os.path.join(path, f"{name}{n}"), "wb") as file:
                file.write(os.urandom(FILE_SIZE))
        self.git("add", ".", cwd=path)
        self.git("commit", "-qm", name, cwd=path)
        return self.git("rev-parse", "HEAD", cwd=path)

    def test_clone_and_push(self):
        self.need("git")
        self.home = self.temporary()
        root, work = self.temporary(), self.temporary()
        bare = os.path.join(root, "app.git")
        self.git("init", "-q", "--bare", "-b", "main", bare)
        self.git("config", "http.receivepack", "true", cwd=bare)
        source = os.path.join(work, "source")
        self.git("init", "-q", "-b", "main", source)
        first = self.commit(source, "first", FILES)
        server = GitServer(root)
        self.addCleanup(server.close)
        segue = self.segue(config({"old": pool(server.address)}, [route({"old": 1}, response_timeout="60s")]))
        url = f"http://{segue.address()}/app.git"

        self.git("push", "-q", url, "main", cwd=source)  # above http.postBuffer: git sends it in chunks
        self.assertEqual(self.git("rev-parse", "main", cwd=bare), first)
        clone = os.path.join(work, "clone")
        self.git("clone", "-q", url, clone)
        self.assertEqual(self.git("rev-parse", "HEAD", cwd=clone), first)
        second = self.commit(clone, "second", 1)
        self.git("push", "-q", "origin", "main", cwd=clone)
        self.assertEqual(self.git("rev-parse", "main", cwd=bare), second)
        self.git("pull", "-q", url, "main", cwd=source)
        self.assertEqual(self.git("rev-parse", "HEAD", cwd=source), second)
        self.git("fsck", "--connectivity-only", cwd=bare)  # receive-pack has checked every object


if __name__ == "__main__":
    main()
