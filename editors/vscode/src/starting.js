// How the server is started: by what the user says, else by the workspace's Python where it has connlint, else from the PATH.

"use strict";

const { execFile } = require("node:child_process");

const ASK = "import importlib.util as u, sys; sys.exit(any(u.find_spec(n) is None for n in ('connlint', 'pygls', 'lsprotocol')))";

/**
 * The command and arguments that start the server.
 *
 * @param {{command: string[], interpreter: string | undefined, trusted: boolean}} known what the editor knows
 * @param {(interpreter: string) => Promise<boolean>} has whether an interpreter has connlint and what its server needs
 * @returns {Promise<{command: string, args: string[]}>}
 */
async function starting({ command, interpreter, trusted }, has = hasServer) {
  // What a folder that is not trusted says must start nothing.
  if (trusted && command.length > 0) {
    return { command: command[0], args: command.slice(1) };
  }
  if (trusted && interpreter && (await has(interpreter))) {
    return { command: interpreter, args: ["-m", "connlint", "server"] };
  }
  return { command: "connlint", args: ["server"] };
}

/** @param {string} interpreter */
function hasServer(interpreter) {
  return new Promise((resolve) => {
    // -I: nothing of the current folder is imported
    execFile(interpreter, ["-I", "-c", ASK], { timeout: 10_000 }, (error) => resolve(!error));
  });
}

module.exports = { starting, hasServer };
