"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { starting, hasServer } = require("../src/starting");

const yes = async () => true;
const no = async () => false;

test("what the user says comes first", async () => {
  const how = await starting({ command: ["uv", "run", "connlint", "server"], interpreter: "/py", trusted: true }, yes);
  assert.deepStrictEqual(how, { command: "uv", args: ["run", "connlint", "server"] });
});

test("then the workspace's Python, where it has connlint", async () => {
  const how = await starting({ command: [], interpreter: "/py", trusted: true }, yes);
  assert.deepStrictEqual(how, { command: "/py", args: ["-m", "connlint", "server"] });
});

test("then the PATH", async () => {
  const path = { command: "connlint", args: ["server"] };
  assert.deepStrictEqual(await starting({ command: [], interpreter: "/py", trusted: true }, no), path);
  assert.deepStrictEqual(await starting({ command: [], interpreter: undefined, trusted: true }, yes), path);
});

test("a folder that is not trusted chooses nothing", async () => {
  const how = await starting({ command: ["./evil"], interpreter: "./python", trusted: false }, yes);
  assert.deepStrictEqual(how, { command: "connlint", args: ["server"] });
});

test("an interpreter that is not there has nothing", async () => {
  assert.strictEqual(await hasServer("/nowhere/python"), false);
});

test("the interpreter of this environment is asked", { skip: !process.env.CONNLINT_PYTHON }, async () => {
  assert.strictEqual(await hasServer(process.env.CONNLINT_PYTHON), true);
});
