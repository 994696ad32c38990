"""The shortest proof that it lives: starts, forwards, answers its operator, stops cleanly."""
# labels: smoke
from support.case import SegueCase, main
from support.upstream import ok


class Smoke(SegueCase):
    def test_a_request_goes_through_and_the_process_ends_cleanly(self):
        segue, upstream = self.one()
        client = self.connect(segue)
        client.send_request("GET", "/job/app/42?x=1")
        wire = upstream.accept()
        request = wire.read_request()
        self.assertEqual(request.head.start, b"GET /job/app/42?x=1 HTTP/1.1")
        self.assertEqual(request.get("Host"), "ci.example.com")
        wire.send(ok(b"hello"))
        response = client.read_response()
        self.assertEqual((response.status, response.body), (200, b"hello"))

    def test_the_admin_socket_says_that_it_lives_and_is_ready(self):
        segue, _ = self.one()
        self.assertEqual(segue.admin("GET", "/live").status, 200)
        self.assertEqual(segue.admin("GET", "/ready").status, 200)


if __name__ == "__main__":
    main()
