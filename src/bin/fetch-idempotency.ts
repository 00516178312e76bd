#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { runCommand } from './run-command.js'

const interrupt = new AbortController()
// The second one ends the process at once.
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')))

void runCommand(process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  report: (text) => void process.stderr.write(text),
  hasColours: process.stdout.isTTY === true,
  hasSpinner: process.stderr.isTTY === true,
  env: process.env,
  readText: (path) => readFile(path, 'utf8'),
  // Only its owner may read it: keys and ids are in it.
  writeText: (path, text) => writeFile(path, text, { mode: 0o600 }),
  signal: interrupt.signal,
}).then((code) => {
  process.exitCode = code
})
