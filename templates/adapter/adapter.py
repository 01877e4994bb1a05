"""Hands what Alertmanager sends to the group robots of DingTalk, Feishu (Lark) and WeCom.

Alertmanager posts a group of alerts to /alert/<robot>; the robot gets them as one message.
It is answered 200 only after the robot has accepted the message, since Alertmanager repeats a
notification on 5xx and on nothing else:

    200  the robot has the message
    400  this is no notification of Alertmanager
    404  no such robot
    413  the notification is empty or too large
    500  the adapter itself is at fault, such as a Secret that is not there yet
    502  the robot refused the message, or does not answer

GET /healthz says whether it runs, GET /metrics how many messages went where.

A robot's address and signing key are credentials. They lie in files that are read for every
message, so that a new one counts at once, and never reach a log line, a metric or an answer.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIG = os.environ.get("ADAPTER_CONFIG", "/etc/adapter/robots.json")
PORT = int(os.environ.get("ADAPTER_PORT", "8080"))

RULE = "\n\n---\n\n"
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
MAX_NOTIFICATION = 8 << 20
ANSWER_WITHIN = 8  # seconds; below the 10 s that Alertmanager grants at least
STATUSES = ("sent", "refused", "error")


class Refused(Exception):
    """The robot answered, and did not take the message."""


class Unreachable(Exception):
    """The robot did not answer."""


def harmless(text):
    """Returns the text without anything that a robot would read as a mention."""
    return re.sub(r"<(?=@|/?at\b)", "‹", str(text))


def moment(timestamp):
    """Returns an RFC 3339 time to the minute."""
    found = TIMESTAMP.fullmatch(str(timestamp))
    if not found:
        return str(timestamp)
    date, clock, zone = found.groups()
    return f"{date} {clock} {'UTC' if zone == 'Z' else zone}"


def is_firing(alert):
    return alert["status"] == "firing"


def title_of(notification):
    """Returns the headline: `[FIRING:2] RedisDown shop/session-cache (critical)`."""
    alerts = notification["alerts"]
    firing = sum(is_firing(alert) for alert in alerts)
    labels = notification.get("commonLabels") or {}
    title = f"[FIRING:{firing}]" if firing else "[RESOLVED]"
    title += " " + (labels.get("alertname") or f"{len(alerts)} alerts")
    where = [labels[key] for key in ("namespace", "instance_name") if labels.get(key)]
    if where:
        title += " " + "/".join(where)
    if labels.get("severity"):
        title += f" ({labels['severity']})"
    return clip(harmless(title), 500)


def block_of(alert):
    """Returns what is said about one alert, as Markdown that all robots read."""
    labels, notes = alert.get("labels") or {}, alert.get("annotations") or {}
    fires = is_firing(alert)
    summary = notes.get("summary") or labels.get("alertname") or "alert"
    parts = [f"{'🔥' if fires else '✅'} **{summary}**"]
    if notes.get("description"):
        parts.append(notes["description"])
    since = f"since {moment(alert.get('startsAt'))}"
    parts.append(since if fires else f"{since}, until {moment(alert.get('endsAt'))}")
    shown = ("cluster", "namespace", "instance_name", "pod", "team", "tier", "severity")
    parts.append(", ".join(f"{key} {labels[key]}" for key in shown if labels.get(key)))
    if notes.get("runbook_url"):
        parts.append(f"[runbook]({notes['runbook_url']})")
    return harmless("\n\n".join(part for part in parts if part))


def size(text):
    """Returns how many bytes the text has inside a JSON document in UTF-8."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def clip(text, limit):
    """Returns the longest beginning of the text that fits, marked as cut."""
    if size(text) <= limit:
        return text
    mark = "…"
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if size(text[:middle] + mark) <= limit:
            fits = middle
        else:
            too_long = middle
    return text[:fits] + mark


class Message:
    """A notification, ready to be cut to what a robot takes."""

    def __init__(self, raw):
        notification = json.loads(raw)
        alerts = sorted(notification["alerts"], key=is_firing, reverse=True)
        if not alerts:
            raise ValueError("no alerts")
        self.title = title_of(notification)
        self.fires = is_firing(alerts[0])
        self.blocks = [block_of(alert) for alert in alerts]
        self.left_out = int(notification.get("truncatedAlerts") or 0)

    def text(self, limit):
        """Returns what stands below the title: firing alerts first, as many as fit whole."""
        room = limit - 64  # for the last line
        # A first alert that is too long for the robot is better cut than not there.
        text = clip(self.blocks[0], room)
        shown = 1
        for block in self.blocks[1:]:
            longer = text + RULE + block
            if size(longer) > room:
                break
            text = longer
            shown += 1
        left_out = self.left_out + len(self.blocks) - shown
        return text + (f"{RULE}… and {left_out} more, see Alertmanager" if left_out else "")


def credential(path):
    """Returns the content of a mounted Secret key."""
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def signature(key, text):
    """Returns the HMAC-SHA256 in the form that robots want it."""
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def dingtalk(robot, message):
    """Markdown of at most 20,000 bytes; signed in the address.

    https://open.dingtalk.com/document/orgapp/custom-robot-access
    """
    url = credential(robot["url_file"])
    title = message.title
    # A mention takes effect only where the text has it too.
    mentions = " ".join(f"@{mobile}" for mobile in robot.get("at_mobiles", []))
    text = f"### {title}\n\n{message.text(16_000)}\n\n{mentions}".rstrip()
    body = {
        "msgtype": "markdown",
        "markdown": {"title": title, "text": text},
        "at": {"atMobiles": robot.get("at_mobiles", []), "isAtAll": robot.get("at_all", False)},
    }
    if "sign_file" in robot:
        key, now = credential(robot["sign_file"]), str(int(time.time() * 1000))
        query = {"timestamp": now, "sign": signature(key, f"{now}\n{key}")}
        url += ("&" if "?" in url else "?") + urllib.parse.urlencode(query)
    return url, body


def feishu(robot, message):
    """A card in a document of at most 20,000 bytes; signed in the document.

    https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
    """
    title = message.title
    users = ["all"] if robot.get("at_all") else robot.get("at_users", [])
    mentions = "".join(f"<at id={user}></at>" for user in users)
    colour = "red" if message.fires else "green"
    body = {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"template": colour, "title": {"tag": "plain_text", "content": title}},
            "elements": [
                {
                    "tag": "markdown",
                    "content": f"{message.text(16_000)}\n\n{mentions}".rstrip(),
                }
            ],
        },
    }
    if "sign_file" in robot:
        # Unlike DingTalk, the key is part of what is signed with, and nothing is signed.
        key, now = credential(robot["sign_file"]), str(int(time.time()))
        body |= {"timestamp": now, "sign": signature(f"{now}\n{key}", "")}
    return credential(robot["url_file"]), body


def wecom(robot, message):
    """Markdown of at most 4,096 bytes; without a signature, the address is the only credential.

    Everyone can be mentioned only in plain text, which has at most 2,048 bytes.
    https://developer.work.weixin.qq.com/document/path/91770
    """
    url = credential(robot["url_file"])
    title = message.title
    if robot.get("at_all"):
        room = 2_048 - size(f"{title}\n\n")
        text = f"{title}\n\n{message.text(room)}".replace("**", "")
        return url, {"msgtype": "text", "text": {"content": text, "mentioned_list": ["@all"]}}
    mentions = "".join(f"<@{user}>" for user in robot.get("at_users", []))
    room = 4_096 - size(f"### {title}\n\n\n\n{mentions}")
    text = f"### {title}\n\n{message.text(room)}\n\n{mentions}".rstrip()
    return url, {"msgtype": "markdown", "markdown": {"content": text}}


ROBOTS = {"dingtalk": dingtalk, "feishu": feishu, "wecom": wecom}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is refused: it would carry the message to an address that nobody chose."""

    def redirect_request(self, *_):
        return None


# The proxies of the environment are obeyed: robots are outside of most clusters.
OPENER = urllib.request.build_opener(NoRedirect)


def deliver(url, body):
    """Posts the message, and raises unless the robot says that it took it."""
    request = urllib.request.Request(
        url,
        json.dumps(body, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8"},
    )
    # What these errors say contains the address; only their type is passed on.
    try:
        with OPENER.open(request, timeout=ANSWER_WITHIN) as response:
            raw = response.read(65_536)
    except urllib.error.HTTPError as error:
        error.close()
        raise Refused(f"the robot answered HTTP {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise Unreachable(f"the robot does not answer: {type(reason).__name__}") from None
    # Robots answer HTTP 200 whatever happens; the truth is in the document.
    try:
        answer = json.loads(raw)
        code = answer.get("errcode", answer.get("code", answer.get("StatusCode")))
    except (ValueError, AttributeError):
        raise Refused("the robot's answer is not a JSON object") from None
    if code != 0:
        words = str(answer.get("errmsg") or answer.get("msg") or "")[:200]
        # Some repeat the address that they were called at; then the code must do.
        if any(piece in words for piece in re.findall(r"[\w-]{16,}", url)):
            words = ""
        raise Refused(f"the robot refused the message: {code} {words}".rstrip())


class Counters:
    """Messages by robot and status, in Prometheus' text format."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}

    def count(self, robot, status):
        with self.lock:
            key = (robot, status)
            self.counts[key] = self.counts.get(key, 0) + 1

    def render(self, robots):
        # Series that are 0 exist from the start: otherwise a first failure is no increase.
        with self.lock:
            counts = {(robot, status): 0 for robot in robots for status in STATUSES} | self.counts
        lines = [
            "# HELP adapter_messages_total Messages by robot and by what became of them.",
            "# TYPE adapter_messages_total counter",
        ]
        for (robot, status), count in sorted(counts.items()):
            lines.append(f'adapter_messages_total{{robot="{robot}",status="{status}"}} {count}')
        return "\n".join(lines) + "\n"


COUNTERS = Counters()


def robots():
    """Returns the robots by name, as they are configured at this moment."""
    with open(CONFIG, encoding="utf-8") as file:
        return json.load(file)["robots"]


def log(**fields):
    """Prints one line of JSON."""
    print(json.dumps(fields), flush=True)


class Handler(BaseHTTPRequestHandler):
    timeout = 15  # seconds for a request to arrive

    def log_message(self, *_):
        """Every message is logged by its outcome; the requests themselves are not."""

    def answer(self, code, text, kind="text/plain; charset=utf-8"):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/healthz":
            self.answer(200, "ok\n")
        elif self.path == "/metrics":
            self.answer(200, COUNTERS.render(robots()), "text/plain; version=0.0.4; charset=utf-8")
        else:
            self.answer(404, "not found\n")

    def do_POST(self):
        name, status, code, text = self.handle_notification()
        if status:
            COUNTERS.count(name, status)
        log(robot=name, code=code, message=text)
        self.answer(code, text + "\n")

    def handle_notification(self):
        """Returns the robot, the status to count, and the code and text to answer."""
        name = self.path.removeprefix("/alert/")
        try:
            robot = robots().get(name)
        except Exception as error:
            return None, None, 500, f"the adapter failed: {type(error).__name__}"
        # The name is not repeated: the path is whatever the caller wrote.
        if robot is None:
            return None, None, 404, "no such robot"
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= MAX_NOTIFICATION:
                return name, "error", 413, "the notification is empty or too large"
            message = Message(self.rfile.read(length))
        except Exception as error:
            return name, "error", 400, f"no notification of Alertmanager: {type(error).__name__}"
        try:
            deliver(*ROBOTS[robot["type"]](robot, message))
            return name, "sent", 200, "sent"
        except Refused as error:
            return name, "refused", 502, str(error)
        except Unreachable as error:
            return name, "error", 502, str(error)
        except Exception as error:
            return name, "error", 500, f"the adapter failed: {type(error).__name__}"


class Server(ThreadingHTTPServer):
    # Both kinds of addresses, where the machine has both.
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    daemon_threads = False  # what is being delivered at the end is delivered

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, request, client_address):
        """A caller that went away is no reason for a stack trace."""
        log(message="a request failed")


def main():
    robots()  # a configuration that cannot be read is seen at the start
    server = Server(("", PORT), Handler)
    # The first process of a container gets no default handling of signals.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    log(message="listening", port=server.server_port)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
