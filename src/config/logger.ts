import { callSafely } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'

type Level = keyof Logger

const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (message) => console.warn(`[halyard] ${message}`),
  error: (message) => console.error(`[halyard] ${message}`),
}

const guarded = new WeakMap<object, Logger>()
const guards = new WeakSet<Logger>()

/**
 * Guards a logger of the application, so that it never throws. Every place that reads a `logger` option uses it, so
 * that a failing logger does not change the behaviour. The same logger has one guard per process. The first failure of
 * a logger is reported on `console.error`; its later failures are ignored. Default: the console.
 */
export function safeLogger(given: Logger = consoleLogger): Logger {
  if (guards.has(given)) return given
  const known = guarded.get(given)
  if (known) return known
  const guard = guardOf(given)
  guarded.set(given, guard)
  guards.add(guard)
  return guard
}

function guardOf(given: Logger): Logger {
  const warned = new WarnOnce()
  const onError = (error: unknown): void => {
    if (!warned.isFirst()) return
    callSafely(
      () => console.error(`[halyard] the logger failed (${errorText(error)}); lines that fail are lost`),
      () => {},
    )
  }
  const write =
    (level: Level) =>
    (message: string): void => {
      // The method is read for each line, because a program may replace methods of its logger.
      callSafely<unknown>(() => given[level](message), onError)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
