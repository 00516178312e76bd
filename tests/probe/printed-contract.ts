import ts from 'typescript'
import { fileURLToPath } from 'node:url'
import * as contracts from 'fetch-idempotency/contracts'
import type { ServerContract } from 'fetch-idempotency/contracts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** What the type checker says about a module that the probe has printed, under the project's own strict options. */
export function findTypeErrors(sources: readonly string[]): string[] {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const texts = new Map(sources.map((source, index) => [`${root}/tests/probe/printed-${index}.ts`, source]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists.call(host, file)
  host.readFile = (file) => texts.get(file) ?? readFile.call(host, file)
  host.getSourceFile = (file, ...rest) => {
    const text = texts.get(file)
    return text === undefined
      ? getSourceFile.call(host, file, ...rest)
      : ts.createSourceFile(file, text, ts.ScriptTarget.ES2022)
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  return [...texts.keys()].flatMap((file) => {
    const source = program.getSourceFile(file)
    if (source === undefined) throw new Error(`${file} was not compiled`)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${ts.flattenDiagnosticMessageText(messageText, '\n')} in\n${texts.get(file)}`,
    )
  })
}

/** Runs a module that the probe has printed, and gives its contract. */
export function runPrinted(source: string): ServerContract {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const exported: { contract?: ServerContract } = {}
  const load = (name: string) => {
    if (name !== 'fetch-idempotency/contracts') throw new Error(`it imports ${name}`)
    return contracts
  }
  new Function('exports', 'require', outputText)(exported, load)
  if (exported.contract === undefined) throw new Error('it exports no contract')
  return exported.contract
}
