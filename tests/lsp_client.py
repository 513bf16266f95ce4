"""A client of the language server for tests: requests with a deadline, and whatever the server says on its own."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ENOUGH = 20.0  # seconds that a busy machine may take for one answer
FULL: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "workspaceEdit": {"documentChanges": True},
        "workspaceFolders": True,
    },
}


class Client:
    """One server process and what it has published. Use it as a context manager."""

    def __init__(self, *folders: Path, capabilities: Mapping[str, Any] = FULL, options: object = None) -> None:
        self.folders = folders
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.published: list[str] = []
        self.asked: list[dict[str, Any]] = []  # requests of the server
        self.logged: list[str] = []
        self._capabilities, self._options = capabilities, options
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._number = 0
        self._changed = threading.Condition()
        self._versions: dict[str, int] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "connlint", "server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folders[0] if folders else None,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Client:
        named = [{"uri": uri(folder), "name": folder.name} for folder in self.folders]
        self.initialized = self.request(
            "initialize",
            processId=os.getpid(),
            rootUri=named[0]["uri"] if named else None,
            capabilities=self._capabilities,
            workspaceFolders=named,
            initializationOptions=self._options,
        )
        self.notify("initialized")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.request("shutdown")
            self.notify("exit")
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(ENOUGH)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def send(self, content: bytes) -> None:
        """A message as it is, well-formed or not."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self.process.stdin.flush()

    def notify(self, method: str, **params: Any) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def request(self, method: str, **params: Any) -> Any:
        """The result of a request; fails when the server answers with an error, or not at all."""
        self._number += 1
        answer = self._answers[self._number] = queue.Queue()
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": self._number, "method": method}
        self.send(json.dumps({**message, "params": params} if params else message).encode())
        got = answer.get(timeout=ENOUGH)
        assert "error" not in got, got
        return got["result"]

    def open(self, path: Path, text: str | None = None) -> None:
        self._versions[uri(path)] = 1
        content = path.read_text(encoding="utf-8") if text is None else text
        document = {"uri": uri(path), "languageId": "plaintext", "version": 1, "text": content}
        self.notify("textDocument/didOpen", textDocument=document)

    def edit(self, path: Path, text: str, range: object = None) -> None:
        self._versions[uri(path)] += 1
        change = {"text": text} if range is None else {"text": text, "range": range}
        document = {"uri": uri(path), "version": self._versions[uri(path)]}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[change])

    def close(self, path: Path) -> None:
        self.notify("textDocument/didClose", textDocument={"uri": uri(path)})

    def touched(self, *paths: Path, kind: int = 2) -> None:
        """Files were created (1), changed (2) or deleted (3)."""
        changes = [{"uri": uri(path), "type": kind} for path in paths]
        self.notify("workspace/didChangeWatchedFiles", changes=changes)

    def hover(self, path: Path, line: int, character: int) -> str:
        found = self.request(
            "textDocument/hover", textDocument={"uri": uri(path)}, position={"line": line, "character": character}
        )
        return found["contents"]["value"] if found else ""

    def hints(self, path: Path) -> list[tuple[int, str]]:
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 10_000, "character": 0}}
        found = self.request("textDocument/inlayHint", textDocument={"uri": uri(path)}, range=whole)
        return [(hint["position"]["line"], hint["label"]) for hint in found]

    def actions(self, path: Path, line: int, only: list[str] | None = None) -> list[dict[str, Any]]:
        place = {"line": line, "character": 0}
        context: dict[str, Any] = {"diagnostics": [], **({"only": only} if only else {})}
        found: list[dict[str, Any]] = self.request(
            "textDocument/codeAction", textDocument={"uri": uri(path)}, range={"start": place, "end": place}, context=context
        )  # fmt: skip
        return found

    def codes(self, path: Path) -> list[str]:
        """The rules of what is published for a file."""
        return [each["code"] for each in self.diagnostics.get(uri(path), [])]

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that the server is to say."""
        deadline = time.monotonic() + ENOUGH
        with self._changed:
            while not true():
                assert self._changed.wait(max(deadline - time.monotonic(), 0)), (self.diagnostics, self.logged)

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()).strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not line:
                return
            self._take(json.loads(stream.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            if message.get("id") in self._answers:
                self._answers.pop(message["id"]).put(message)
            return
        with self._changed:
            params = message.get("params") or {}
            if message["method"] == "textDocument/publishDiagnostics":
                self.diagnostics[params["uri"]] = params["diagnostics"]
                self.published.append(params["uri"])
            elif message["method"] in ("window/logMessage", "window/showMessage"):
                self.logged.append(params["message"])
            elif "id" in message:
                self.asked.append(message)
                self.send(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": None}).encode())
            self._changed.notify_all()


def uri(path: Path) -> str:
    return path.as_uri()


def laid(root: Path, files: Mapping[str, str]) -> Path:
    """The files of a project on the disk."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return root
