// Starts `connlint server` for the workspace, and again when the interpreter or the configuration changes.

"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { starting } = require("./starting");

/** @type {LanguageClient | undefined} */
let client;
let turn = Promise.resolve();

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  const output = vscode.window.createOutputChannel("connlint");
  const restart = () => (turn = turn.then(() => again(output), () => again(output)));
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("connlint.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("connlint") || event.affectsConfiguration("python.defaultInterpreterPath")) {
        restart();
      }
    }),
  );
  const python = await pythonExtension();
  const environments = python && python.environments;
  if (environments && environments.onDidChangeActiveEnvironmentPath) {
    context.subscriptions.push(environments.onDidChangeActiveEnvironmentPath(restart));
  }
  await restart();
}

/** @param {vscode.OutputChannel} output */
async function again(output) {
  await deactivate();
  const configuration = vscode.workspace.getConfiguration("connlint");
  const how = await starting({
    command: configuration.get("command", []),
    interpreter: await interpreter(),
    trusted: vscode.workspace.isTrusted,
  });
  output.appendLine(`starting ${[how.command, ...how.args].join(" ")}`);
  const started = new LanguageClient(
    "connlint",
    "connlint",
    { command: how.command, args: how.args },
    {
      documentSelector: [{ scheme: "file" }],
      outputChannel: output,
      initializationOptions: {
        settings: configuration.get("settings", []),
        select: configuration.get("select", []),
        ignore: configuration.get("ignore", []),
      },
    },
  );
  client = started;
  try {
    await started.start();
  } catch (error) {
    client = undefined;
    output.appendLine(String(error));
    vscode.window.showErrorMessage("connlint could not be started: pip install 'connlint[lsp]', or set connlint.command");
  }
}

async function deactivate() {
  const running = client;
  client = undefined;
  if (running) {
    await running.stop().catch(() => undefined);
  }
}

/** The interpreter that the Python extension has chosen; else the one that the settings name. */
async function interpreter() {
  const python = await pythonExtension();
  const folder = vscode.workspace.workspaceFolders && vscode.workspace.workspaceFolders[0];
  const resource = folder && folder.uri;
  if (python && python.environments && python.environments.getActiveEnvironmentPath) {
    const active = python.environments.getActiveEnvironmentPath(resource);
    const resolved = await python.environments.resolveEnvironment(active);
    if (resolved && resolved.executable && resolved.executable.uri) {
      return resolved.executable.uri.fsPath;
    }
  }
  const named = vscode.workspace.getConfiguration("python", resource).get("defaultInterpreterPath");
  return named && named !== "python" ? String(named).replace("${workspaceFolder}", resource ? resource.fsPath : "") : undefined;
}

async function pythonExtension() {
  const extension = vscode.extensions.getExtension("ms-python.python");
  return extension ? extension.activate() : undefined;
}

module.exports = { activate, deactivate };
