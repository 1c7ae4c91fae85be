const FORM = 'redis://USER:PASSWORD@HOST:PORT/DB, or rediss: for TLS'

const ENCODED: Readonly<Record<string, string>> = { '#': '%23', '/': '%2F', '?': '%3F' }

/**
 * Returns the expectation that the first wrong part of a Redis URL fails, with the way to write it, or `undefined`
 * for a correct URL. Repeats only the character that needs encoding.
 */
export function redisUrlProblem(text: unknown): string | undefined {
  const [, rest] = typeof text === 'string' ? (/^rediss?:\/\/(.*)$/is.exec(text.trim()) ?? []) : []
  if (rest === undefined) return `a redis: or rediss: URL: ${FORM}`
  if (/[\t\r\n]/.test(rest)) return `a URL without line breaks and tabs: ${FORM}`
  return redisLoginProblem(rest) ?? placeProblem(rest.slice(rest.lastIndexOf('@') + 1))
}

/** Returns the expectation that user and password fail, given a URL without its scheme. */
export function redisLoginProblem(rest: string): string | undefined {
  // The last @ ends user and password, because a password may contain an unencoded @.
  const login = rest.slice(0, Math.max(0, rest.lastIndexOf('@')))
  const [raw] = /[#/?]/.exec(login) ?? []
  if (raw !== undefined) return `a user and a password in which ${raw} is written as ${ENCODED[raw]}`
  try {
    decodeURIComponent(login)
    return undefined
  } catch {
    return 'a user and a password in which % is written as %25'
  }
}

function placeProblem(place: string): string | undefined {
  const [, host = '', port, database] = /^(\[[^\]]*\]|[^:/?#]*)(?::([^/?#]*))?(.*)$/.exec(place) ?? []
  if (host === '') return `the name or address of a host: ${FORM}`
  if (port !== undefined && port !== '' && !isPort(port)) return 'a port from 1 to 65535 after the host'
  if (database !== undefined && !/^(\/\d*)?$/.test(database)) {
    return 'nothing after host and port but / and the number of a database, such as /0'
  }
  return URL.canParse(`redis://${place}`) ? undefined : `the name or address of a host: ${FORM}`
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536
}
