import ts from 'typescript'
import * as ambient from './ambient.js'
import { root, type Example } from './extract.js'

const folder = `${root}/tests/readme`

/**
 * What the type checker says about examples, per place. An example is a module of its own that sees the package's
 * entries, whatever it imports, and the names of `ambient.ts`.
 */
export function typeErrors(examples: readonly Example[]): Map<string, string[]> {
  const files = new Map(examples.map((example) => [fileName(example), example]))
  const texts = new Map([...files].map(([file, example]) => [file, moduleOf(example)]))
  texts.set(`${folder}/globals.d.ts`, ambientDeclarations())

  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists.call(host, file)
  host.readFile = (file) => texts.get(file) ?? readFile.call(host, file)
  host.getSourceFile = (file, ...rest) => {
    const text = texts.get(file)
    if (text === undefined) return getSourceFile.call(host, file, ...rest)
    return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022)
  }

  const program = ts.createProgram([...texts.keys()], options, host)
  const errors = new Map<string, string[]>(examples.map(({ place }) => [place, []]))
  for (const [file, example] of files) {
    const source = program.getSourceFile(file)
    if (!source) throw new Error(`${file} was not compiled`)
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]
    errors.set(
      example.place,
      diagnostics.map((diagnostic) => describe(diagnostic, example)),
    )
  }
  return errors
}

/** The example as a module of its own; a fragment becomes a function below one line with its imports. */
function moduleOf({ code, imports }: Example): string {
  if (imports === undefined) return `${code}\nexport {}\n`
  return `${imports}; export async function example(): Promise<unknown> {\n${code}\nreturn\n}\n`
}

function describe(diagnostic: ts.Diagnostic, { imports }: Example): string {
  const { line } = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0) ?? { line: 0 }
  return `line ${imports === undefined ? line + 1 : line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
}

function fileName({ place }: Example): string {
  return `${folder}/${place.replaceAll(/[^\w]+/g, '-')}.ts`
}

function ambientDeclarations(): string {
  return Object.keys(ambient)
    .map((name) => `declare const ${name}: typeof import('./ambient.js').${name}\n`)
    .join('')
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const paths =
    process.env['KY_MAJOR'] === '2' ? { ...options.paths, ky: ['./node_modules/ky2'] } : options.paths
  return {
    ...options,
    ...(paths ? { paths } : {}),
    noUnusedLocals: false,
    noUnusedParameters: false,
    allowUnreachableCode: true,
  }
}
