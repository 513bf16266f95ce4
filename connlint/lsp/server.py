"""The server itself: what the protocol asks, answered from the folders.

Everything runs on one event loop; looks at folders run on one thread beside it, so that no request waits for the interpreter
longer than it takes to switch threads.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from connlint import __version__
from connlint.engine import Options
from connlint.lsp.actions import fix_all, offers
from connlint.lsp.folder import Buffer, Folder
from connlint.lsp.hints import hints
from connlint.lsp.hover import markdown
from connlint.lsp.positions import Units
from connlint.lsp.watching import PATTERNS
from connlint.source import Edit, Source

_COLLECTED_AFTER: Final = (50_000, 20, 100)
_MOST_FUTURES: Final = 64
FIX_ALL: Final = "source.fixAll.connlint"
_WATCH: Final = "connlint/watch"


class Server(LanguageServer):
    """connlint's language server. `root_of` tells where the project of a file or folder starts."""

    def __init__(self, root_of: Callable[[str], str]) -> None:
        super().__init__("connlint", __version__)
        self._root_of = root_of
        self._folders: dict[str, Folder] = {}  # by the place the editor names, and for files outside by their root
        self._open: dict[str, tuple[Folder, Buffer]] = {}  # by address
        self._options = Options()
        self._units = Units()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="connlint")

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Say the kind of an error only: its text may hold lines of files."""
        if source is not FeatureRequestError:
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """A defect, said where the editor keeps such things."""
        place, trace = "", error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if f"{os.sep}connlint{os.sep}" in name:
                place = f" at connlint/{name.rpartition(f'{os.sep}connlint{os.sep}')[2]}:{trace.tb_lineno}"
            trace = trace.tb_next
        words = f"internal error: {type(error).__name__}{place}; please report it"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, words))

    def configure(self, params: types.InitializeParams) -> None:
        """Take the options and the unit of columns."""
        given = params.initialization_options
        if isinstance(given, dict):
            self._options = Options(
                settings=_texts(given.get("settings")),
                env=_texts(given.get("env")),
                overrides=_texts(given.get("set")),
                select=_texts(given.get("select")),
                ignore=_texts(given.get("ignore")),
            )
        self._units = Units(self.workspace.position_encoding or "")

    def start(self) -> None:
        """Begin with the folders of the workspace."""
        for folder in self.workspace.folders.values():
            self.add(folder.uri)
        if not self._folders and self.workspace.root_uri:
            self.add(self.workspace.root_uri)

    def add(self, uri: str) -> None:
        """A folder of the workspace: its files are looked at whether or not they are open."""
        place = to_fs_path(uri)
        if place and os.path.isdir(place):
            self._folder(self._root_of(place)).touch(None)

    def remove(self, uri: str) -> None:
        """A folder has left the workspace; what is open of it is looked at by itself from now on."""
        place = to_fs_path(uri)
        folder = self._folders.pop(self._root_of(place), None) if place else None
        if folder is not None:
            folder.close()
            for address, (of, buffer) in list(self._open.items()):
                if of is folder:
                    del self._open[address]
                    self.opened(types.TextDocumentItem(address, "", buffer.version, buffer.text))

    def _folder(self, root: str) -> Folder:
        if root not in self._folders:
            self._folders[root] = Folder(
                root, self._options, self._units, self._executor, self.text_document_publish_diagnostics, self.failed
            )
        return self._folders[root]

    def _folder_of(self, file: str) -> Folder:
        """The deepest folder that a file lies in; else that of its own project."""
        held = [folder for folder in self._folders.values() if folder.path_of(file) is not None]
        return max(held, key=lambda folder: len(folder.place)) if held else self._folder(self._root_of(file))

    def opened(self, document: types.TextDocumentItem) -> None:
        """A file is open now."""
        file = to_fs_path(document.uri) if document.uri.startswith("file:") else None
        if not file:
            return
        folder = self._folder_of(file)
        path = folder.path_of(file)
        if path is not None:
            buffer = Buffer(document.uri, path, document.text, document.version)
            folder.buffers[path] = buffer
            self._open[document.uri] = (folder, buffer)
            folder.touch()

    def edited(self, params: types.DidChangeTextDocumentParams) -> None:
        """The text of an open file has changed."""
        held = self._open.get(params.text_document.uri)
        if held is not None:
            folder, buffer = held
            buffer.text = self._units.changed(buffer.text, params.content_changes)
            buffer.version = params.text_document.version
            folder.touch()
            self._forget()

    def _forget(self) -> None:
        """Drop what pygls (2.1) keeps of every notification it has handled, a future each; where it does not, there is none."""
        futures = getattr(self.protocol, "_request_futures", None)
        if isinstance(futures, dict) and len(futures) > _MOST_FUTURES:
            for number in [number for number, future in futures.items() if future.done()]:
                del futures[number]

    def closed(self, uri: str) -> None:
        """A file is open no longer: the disk counts again."""
        held = self._open.pop(uri, None)
        if held is not None:
            folder, buffer = held
            folder.buffers.pop(buffer.path, None)
            folder.touch((buffer.path,))

    def on_disk(self, uris: Iterable[str]) -> None:
        """Files were made, changed or deleted."""
        changed: dict[str, list[str]] = {}
        for uri in uris:
            file = to_fs_path(uri) if uri.startswith("file:") else None
            for place, folder in self._folders.items():
                path = folder.path_of(file) if file else None
                if path is not None:
                    changed.setdefault(place, []).append(path)
        for place, paths in changed.items():
            self._folders[place].touch(tuple(paths))

    async def at(self, uri: str) -> tuple[Folder, Source] | None:
        """The folder of an open file once it has settled, and the text that was looked at."""
        held = self._open.get(uri)
        if held is None:
            return None
        folder, buffer = held
        await folder.settled()
        source = folder.source(buffer.path)
        return (folder, source) if source is not None and folder.shown is not None else None

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        """What is known at a place."""
        found = await self.at(params.text_document.uri)
        if found is None:
            return None
        folder, source = found
        assert folder.shown is not None
        text = markdown(folder.shown.seen, source, self._units.offset(source, params.position))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

    async def inlay_hints(self, params: types.InlayHintParams) -> list[types.InlayHint]:
        """The budget behind the lines that have a part in it."""
        found = await self.at(params.text_document.uri)
        if found is None:
            return []
        folder, source = found
        assert folder.shown is not None
        first, last = params.range.start.line + 1, params.range.end.line + 1
        shown = hints(folder.shown.seen, folder.shown.counted, source.path, first, last)
        return [
            types.InlayHint(
                self._units.position(source, source.offset(each.line, 1) + len(source.line(each.line))),
                f"{'! ' if each.exceeded else ''}{each.words}",
                tooltip=each.proof,
                padding_left=True,
            )
            for each in shown
        ]

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """What can be done about the findings of a range, or about all of a file."""
        found = await self.at(params.text_document.uri)
        if found is None:
            return []
        folder, source = found
        assert folder.shown is not None
        seen, wanted = folder.shown.seen, params.context.only
        if source.path in seen.moved:  # half typed: what the edits are for is not what stands there
            return []
        made: list[types.CodeAction] = []
        if _asked(types.CodeActionKind.QuickFix, wanted):
            start, end = (self._units.offset(source, each) for each in (params.range.start, params.range.end))
            shown = folder.shown.diagnostics.get(source.path, [])
            for offer in offers(seen.findings, source, start, end, seen.clean):
                about = [each for each in shown if each.code == offer.finding.rule]
                kind = types.CodeActionKind.QuickFix
                made.append(self._action(folder, offer.title, kind, offer.edits, about, offer.preferred))
        if wanted is not None and _asked(FIX_ALL, wanted):
            edits = fix_all(seen.findings, source.path, seen.clean)
            if edits:
                made.append(self._action(folder, "Make every safe fix of connlint", FIX_ALL, edits))
        return made

    def _action(
        self,
        folder: Folder,
        title: str,
        kind: types.CodeActionKind | str,
        edits: Iterable[Edit],
        about: list[types.Diagnostic] | None = None,
        preferred: bool = False,
    ) -> types.CodeAction:
        by_path: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            by_path.setdefault(edit.span.path, []).append(types.TextEdit(self._units.range(edit.span), edit.text))
        workspace = self.client_capabilities.workspace
        change = workspace.workspace_edit if workspace else None
        if change is not None and change.document_changes:
            made = types.WorkspaceEdit(document_changes=[self._versioned(folder, *item) for item in by_path.items()])
        else:
            made = types.WorkspaceEdit(changes={folder.uri(path): held for path, held in by_path.items()})
        return types.CodeAction(title, kind, diagnostics=about or None, edit=made, is_preferred=preferred or None)

    def _versioned(self, folder: Folder, path: str, edits: list[types.TextEdit]) -> types.TextDocumentEdit:
        buffer = folder.buffers.get(path)
        version = buffer.version if buffer is not None else None
        return types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(folder.uri(path), version), [*edits]
        )

    async def watch(self) -> None:
        """Ask the editor to watch files, where it can."""
        workspace = self.client_capabilities.workspace
        watched = workspace.did_change_watched_files if workspace else None
        if watched is None or not watched.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(each) for each in PATTERNS])
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = types.Registration(_WATCH, method, options)
        await self.client_register_capability_async(types.RegistrationParams([registration]))

    def stop(self) -> None:
        """Take everything down."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _texts(given: object) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, (list, tuple)) else ()


def _asked(kind: types.CodeActionKind | str, wanted: Iterable[types.CodeActionKind | str] | None) -> bool:
    """Whether an editor that wants only certain kinds of actions wants this one."""
    name = str(getattr(kind, "value", kind))
    asked = [str(getattr(each, "value", each)) for each in wanted] if wanted is not None else [""]
    return any(not each or name == each or name.startswith(f"{each}.") for each in asked)


def made(root_of: Callable[[str], str]) -> Server:
    """A server with everything it answers to."""
    server = Server(root_of)

    @server.feature(types.INITIALIZE)
    def _initialize(server: Server, params: types.InitializeParams) -> None:
        server.configure(params)

    @server.feature(types.INITIALIZED)
    async def _initialized(server: Server, _params: types.InitializedParams) -> None:
        server.start()
        await server.watch()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def _opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
        server.opened(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def _edited(server: Server, params: types.DidChangeTextDocumentParams) -> None:
        server.edited(params)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def _saved(server: Server, params: types.DidSaveTextDocumentParams) -> None:
        server.on_disk([params.text_document.uri])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def _watched(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
        server.on_disk([change.uri for change in params.changes])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def _folders(server: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            server.remove(folder.uri)
        for folder in params.event.added:
            server.add(folder.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def _hover(server: Server, params: types.HoverParams) -> types.Hover | None:
        return await server.hover(params)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def _hints(server: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
        return await server.inlay_hints(params)

    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    async def _actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.actions(params)

    @server.feature(types.SHUTDOWN)
    def _shutdown(server: Server, *_: object) -> None:
        server.stop()

    return server


def serve(root_of: Callable[[str], str]) -> None:
    """Serve an editor on stdin and stdout until it goes."""
    # What a look leaves behind lives long, and searching it for cycles would cost more than the next look: folders see to it.
    gc.set_threshold(*_COLLECTED_AFTER)
    server = made(root_of)
    try:
        server.start_io()
    finally:
        server.stop()


__all__ = ["Server", "made", "serve"]
