import { readFile } from 'node:fs/promises'
import { type Context, contextProblem } from '../evaluation/context.ts'
import { reasonOf } from '../model/error-text.ts'
import { printable } from '../model/text.ts'
import { UsageError } from './arguments.ts'
import type { CommandContext } from './command.ts'

/** The longest text of a context, in characters. */
const MAX_CONTEXT = 10_000_000

/**
 * Reads the value of `--context`: JSON, `@FILE`, or `-` for the standard input. Throws a {@link UsageError} if it is not a context.
 */
export async function readContext(text: string, context: CommandContext): Promise<Context> {
  return parseContext(await readText(text, context))
}

async function readText(text: string, { stdin }: CommandContext): Promise<string> {
  if (text === '-') return stdin()
  if (!text.startsWith('@')) return text
  const path = text.slice(1)
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new UsageError(`--context: cannot read ${path}: ${cause.message}`, { cause })
  })
}

function parseContext(text: string): Context {
  if (text.length > MAX_CONTEXT)
    throw new UsageError('--context is too long: more than 10 million characters')
  let context: Context
  try {
    context = JSON.parse(text) as Context
  } catch (cause) {
    throw new UsageError(
      `--context is not JSON: ${printable(reasonOf(cause))}; for example --context '{"kind":"user","key":"u-1"}'`,
      { cause },
    )
  }
  const problem = contextProblem(context)
  if (problem === undefined) return context
  throw new UsageError(
    `--context is not a context: ${printable(problem)}; it needs at least "kind" and "key"`,
  )
}

/** Returns the SDK key for a URL. A flag server without keys accepts any key from its own machine. */
export function sdkKeyOf(
  from: string,
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!/^https?:\/\//i.test(from)) return given
  const url = URL.parse(from)
  if (url?.username !== '' || url.password !== '' || url.search !== '')
    throw new UsageError('--from: a URL has the form http://HOST:PORT or https://HOST')
  const key = given ?? env.LAUNCHDARKLY_SDK_KEY
  if (key !== undefined && key !== '') return key
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) return 'sdk-local'
  throw new UsageError('a URL needs --sdk-key, or the variable LAUNCHDARKLY_SDK_KEY')
}
