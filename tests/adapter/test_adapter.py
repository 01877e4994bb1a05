"""Runs the adapter against robots on the loopback interface.

ROBOTS_JSON is the configuration as the compiler writes it: receiver `ops` has a robot of every
kind with all fields, receiver `all` has robots that mention everyone and do not sign.
"""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADAPTER = pathlib.Path(__file__).parents[2] / "templates/adapter/adapter.py"
TOKEN = "0b51ac3a-7f9e-4d0c-94c1-5d0c8f3f2f77"
KEY = "SEC-a-key-that-nobody-may-see"

FIRING = {
    "status": "firing",
    "labels": {"alertname": "RedisDown", "severity": "critical", "pod": "session-cache-0"},
    "annotations": {
        "summary": "session-cache-0 does not answer",
        "description": "PING is unanswered.",
        "runbook_url": "https://git.example.com/RedisDown.md",
    },
    "startsAt": "2026-11-20T03:00:00.123Z",
    "endsAt": "0001-01-01T00:00:00Z",
}
RESOLVED = FIRING | {
    "status": "resolved",
    "labels": {"alertname": "RedisDown", "pod": "session-cache-1"},
    "annotations": {"summary": "session-cache-1 did not answer"},
    "endsAt": "2026-11-20T03:05:00Z",
}


def notification(*alerts, **fields):
    labels = {"alertname": "RedisDown", "namespace": "shop", "instance_name": "session-cache"}
    return {
        "version": "4",
        "receiver": "ops",
        "status": "firing",
        "alerts": list(alerts),
        "commonLabels": labels | {"severity": "critical"},
        "truncatedAlerts": 0,
    } | fields


class Robot(ThreadingHTTPServer):
    """Takes every message, and answers what the test wants."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), RobotHandler)
        self.received = []
        self.status = 200
        self.reply = b'{"errcode": 0, "code": 0, "errmsg": "ok"}'


class RobotHandler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, raw))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.reply)


class AdapterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.directory.name)
        cls.robot = Robot()
        threading.Thread(target=cls.robot.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.robot.server_port}/robot/send?access_token={TOKEN}"

        config = pathlib.Path(os.environ["ROBOTS_JSON"]).read_text(encoding="utf-8")
        config = config.replace("/secrets/", f"{cls.root.as_posix()}/secrets/")
        cls.config = cls.root / "robots.json"
        cls.config.write_text(config, encoding="utf-8")
        cls.robots = json.loads(config)["robots"]
        for robot in cls.robots.values():
            path = pathlib.Path(robot["url_file"])
            path.parent.mkdir(parents=True)
            if "sign_file" in robot:
                pathlib.Path(robot["sign_file"]).write_text(KEY + "\n", encoding="utf-8")

        cls.output = open(cls.root / "output", "wb+")
        environment = os.environ | {
            "ADAPTER_CONFIG": str(cls.config),
            "ADAPTER_PORT": "0",
            "NO_PROXY": "*",
            "PYTHONUTF8": "1",
        }
        cls.process = subprocess.Popen(
            [sys.executable, "-B", str(ADAPTER)],
            stdout=cls.output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        cls.port = cls.wait_for_port()

    @classmethod
    def wait_for_port(cls):
        for _ in range(200):
            lines = (cls.root / "output").read_bytes().splitlines(keepends=True)
            if lines and lines[0].endswith(b"\n"):
                return json.loads(lines[0])["port"]
            time.sleep(0.05)
        raise AssertionError("the adapter does not start")

    @classmethod
    def tearDownClass(cls):
        cls.process.send_signal(signal.SIGTERM)
        cls.process.wait(timeout=20)
        cls.robot.shutdown()
        cls.robot.server_close()
        cls.output.close()
        output = (cls.root / "output").read_text(encoding="utf-8")
        cls.directory.cleanup()
        for secret in (TOKEN, KEY, "robot/send", "Traceback"):
            assert secret not in output, f"the adapter printed {secret}"
        assert os.name == "nt" or cls.process.returncode == 0

    def setUp(self):
        self.robot.received.clear()
        self.robot.status = 200
        self.robot.reply = b'{"errcode": 0, "code": 0, "errmsg": "ok"}'
        for robot in self.robots.values():
            self.set_url(robot, self.url)

    def set_url(self, robot, url):
        pathlib.Path(robot["url_file"]).write_text(url + "\n", encoding="utf-8")

    def call(self, path, data=None):
        """Returns the code and text of the adapter's answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as response:
                code, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                code, text = error.code, error.read().decode()
        for secret in (TOKEN, KEY, "robot/send"):
            self.assertNotIn(secret, text)
        return code, text

    def notify(self, robot, message):
        return self.call(f"/alert/{robot}", json.dumps(message).encode())

    def sent(self, robot, message):
        """Returns the address and the document that the robot got, as one message."""
        self.assertEqual(self.notify(robot, message), (200, "sent\n"))
        self.assertEqual(len(self.robot.received), 1)
        path, raw = self.robot.received.pop()
        return urllib.parse.urlsplit(path), json.loads(raw), raw

    def test_dingtalk_is_signed_in_the_address(self):
        address, body, _ = self.sent("ops-dingtalk", notification(FIRING, RESOLVED))
        query = urllib.parse.parse_qs(address.query)
        now = query["timestamp"][0]
        expected = hmac.digest(KEY.encode(), f"{now}\n{KEY}".encode(), hashlib.sha256)
        self.assertEqual(base64.b64decode(query["sign"][0]), expected)
        self.assertLess(abs(int(now) / 1000 - time.time()), 60)
        self.assertEqual(query["access_token"], [TOKEN])

        title = "[FIRING:1] RedisDown shop/session-cache (critical)"
        self.assertEqual(body["markdown"]["title"], title)
        text = body["markdown"]["text"]
        self.assertTrue(text.startswith(f"### {title}\n\n🔥 **session-cache-0 does not answer**"))
        self.assertIn("since 2026-11-20 03:00 UTC, until 2026-11-20 03:05 UTC", text)
        self.assertIn("[runbook](https://git.example.com/RedisDown.md)", text)
        self.assertTrue(text.endswith("@13800000000"))
        self.assertEqual(body["at"], {"atMobiles": ["13800000000"], "isAtAll": False})

    def test_feishu_is_signed_in_the_document(self):
        _, body, _ = self.sent("ops-feishu", notification(FIRING))
        key = f"{body['timestamp']}\n{KEY}".encode()
        expected = hmac.digest(key, b"", hashlib.sha256)
        self.assertEqual(base64.b64decode(body["sign"]), expected)
        self.assertEqual(body["card"]["header"]["template"], "red")
        content = body["card"]["elements"][0]["content"]
        self.assertTrue(content.endswith("<at id=ou_18eac8f2></at>"))

    def test_wecom_mentions_members_in_markdown(self):
        _, body, _ = self.sent("ops-wecom", notification(FIRING))
        self.assertEqual(body["msgtype"], "markdown")
        self.assertTrue(body["markdown"]["content"].endswith("<@zhangsan>"))

    def test_everyone_is_mentioned(self):
        _, body, _ = self.sent("all-dingtalk", notification(FIRING))
        self.assertTrue(body["at"]["isAtAll"])
        _, body, _ = self.sent("all-feishu", notification(FIRING))
        self.assertIn("<at id=all></at>", body["card"]["elements"][0]["content"])
        self.assertNotIn("sign", body)
        _, body, _ = self.sent("all-wecom", notification(FIRING))
        self.assertEqual(body["text"]["mentioned_list"], ["@all"])

    def test_a_label_mentions_nobody(self):
        alert = FIRING | {"annotations": {"summary": "<@all> <at id=all></at> 1 < 2"}}
        for robot in ("ops-feishu", "ops-wecom"):
            body = self.sent(robot, notification(alert))[2].decode()
            self.assertNotIn("<@all>", body, robot)
            self.assertNotIn("<at id=all>", body, robot)
            self.assertIn("1 < 2", body, robot)

    def test_the_end_of_an_alert(self):
        message = notification(RESOLVED, status="resolved")
        _, body, _ = self.sent("ops-feishu", message)
        self.assertEqual(body["card"]["header"]["template"], "green")
        title = body["card"]["header"]["title"]["content"]
        self.assertEqual(title, "[RESOLVED] RedisDown shop/session-cache (critical)")

    def test_messages_fit(self):
        limits = {
            "ops-dingtalk": 20_000,
            "ops-feishu": 20_000,
            "ops-wecom": 4_096,
            "all-wecom": 2_048,
        }
        long = FIRING | {"annotations": {"summary": "缓存" * 20_000}}
        many = [FIRING | {"annotations": {"summary": f"{n}: " + "缓\n" * 150}} for n in range(300)]
        for robot, limit in limits.items():
            for alerts in ([long], [long, long], many):
                _, body, raw = self.sent(robot, notification(*alerts, truncatedAlerts=7))
                if "wecom" in robot:
                    kind = body["msgtype"]
                    raw = body[kind]["content"].encode()
                    self.assertGreater(len(raw), limit / 4)
                self.assertLessEqual(len(raw), limit, robot)
                self.assertRegex(raw.decode(), "… and [0-9]+ more, see Alertmanager")
        _, body, _ = self.sent("ops-wecom", notification(*many))
        text = body["markdown"]["content"]
        shown = text.count("**") // 2
        self.assertIn(f"… and {300 - shown} more", text)

    def test_firing_alerts_come_first(self):
        _, body, _ = self.sent("ops-dingtalk", notification(RESOLVED, FIRING))
        text = body["markdown"]["text"]
        self.assertLess(text.index("session-cache-0"), text.index("session-cache-1"))

    def test_a_refusal_is_repeated_by_alertmanager(self):
        for reply in (
            b'{"errcode": 310000, "errmsg": "sign not match"}',
            b'{"code": 19021, "msg": "sign match fail"}',
            b'{"errcode": "0"}',
            b"{}",
            b"[]",
            b"<html>",
        ):
            self.robot.reply = reply
            code, text = self.notify("ops-dingtalk", notification(FIRING))
            self.assertEqual(code, 502, reply)
        self.robot.reply = b'{"errcode": 310000, "errmsg": "sign not match"}'
        _, text = self.notify("ops-dingtalk", notification(FIRING))
        self.assertIn("310000 sign not match", text)

    def test_a_robot_that_repeats_its_address_is_not_repeated(self):
        for words in (self.url, TOKEN, f"token {TOKEN} is unknown"):
            self.robot.reply = json.dumps({"errcode": 1, "errmsg": words}).encode()
            code, text = self.notify("ops-feishu", notification(FIRING))
            self.assertEqual((code, text), (502, "the robot refused the message: 1\n"))

    def test_other_answers_than_200_are_refusals(self):
        for status in (302, 403, 500):
            self.robot.status = status
            code, text = self.notify("ops-wecom", notification(FIRING))
            self.assertEqual((code, text), (502, f"the robot answered HTTP {status}\n"))

    def test_a_robot_that_is_down(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}/robot/send?access_token={TOKEN}"
        self.set_url(self.robots["ops-wecom"], url)
        code, text = self.notify("ops-wecom", notification(FIRING))
        self.assertEqual(code, 502)
        self.assertIn("ConnectionRefusedError", text)

    def test_an_address_that_is_none(self):
        for url in (f"robot/send?access_token={TOKEN}", f"http://a b/{TOKEN}", f"http://[{TOKEN}"):
            self.set_url(self.robots["ops-wecom"], url)
            code, _ = self.notify("ops-wecom", notification(FIRING))
            self.assertIn(code, (500, 502))

    def test_a_secret_that_is_not_there_yet(self):
        pathlib.Path(self.robots["ops-wecom"]["url_file"]).unlink()
        code, text = self.notify("ops-wecom", notification(FIRING))
        self.assertEqual((code, text), (500, "the adapter failed: FileNotFoundError\n"))

    def test_what_is_no_robot(self):
        for path in ("/alert/nobody", "/alert/", "/", f"/alert/{TOKEN}"):
            self.assertEqual(self.call(path, b"{}"), (404, "no such robot\n"))

    def test_what_is_no_notification(self):
        for data in (b"{", b"[]", b"{}", b'"x"', b'{"alerts": []}', b'{"alerts": [1]}', b"\xff"):
            code, _ = self.call("/alert/ops-wecom", data)
            self.assertEqual(code, 400, data)
        self.assertEqual(self.call("/alert/ops-wecom", b"")[0], 413)
        self.assertEqual(self.robot.received, [])

    def test_health_and_metrics(self):
        self.assertEqual(self.call("/healthz"), (200, "ok\n"))
        self.assertEqual(self.call("/other")[0], 404)

        def counts():
            lines = self.call("/metrics")[1].splitlines()
            return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

        def series(status):
            return f'adapter_messages_total{{robot="all-feishu",status="{status}"}}'

        before = counts()
        self.assertEqual(len(before), 3 * len(self.robots))
        self.sent("all-feishu", notification(FIRING))
        self.robot.reply = b'{"code": 11232}'
        self.notify("all-feishu", notification(FIRING))
        self.call("/alert/all-feishu", b"{")
        self.call("/alert/nobody", b"{}")
        after = counts()
        self.assertEqual(len(after), len(before))
        for status in ("sent", "refused", "error"):
            self.assertEqual(int(after[series(status)]), int(before[series(status)]) + 1, status)


if __name__ == "__main__":
    unittest.main()
