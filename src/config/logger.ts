import { callSafely } from '../async/call-safely.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'

type Level = keyof Logger

/** Writes warnings and errors to the console, and leaves out everything else. */
const consoleLogger: Logger = {
  debug() {},
  info() {},
  warn: (message) => console.warn(`[halyard] ${message}`),
  error: (message) => console.error(`[halyard] ${message}`),
}

const guarded = new WeakMap<object, Logger>()
const guards = new WeakSet<Logger>()

/**
 * Returns the logger that Halyard writes to, for a `logger` option: calling it never throws, whatever the logger of the
 * application does. Every place that reads such an option uses it, so that logging decides nothing.
 *
 * The first failure of a logger is reported once, on `console.error`. The same logger has one guard in a process.
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
      () =>
        console.error(
          `[halyard] the logger failed (${errorText(error)}); Halyard goes on without these lines`,
        ),
      () => {},
    )
  }
  const write =
    (level: Level) =>
    (message: string): void => {
      // Read for each line: the methods of a logger may be replaced while the program runs.
      callSafely<unknown>(() => given[level](message), onError)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
