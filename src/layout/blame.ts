/** What a database is blamed for, with its name once: most errors begin with it, if not always as exactly. */
export function blame(name: string, message: string): string {
  const [kind = ''] = name.split(' ', 1)
  return message.startsWith(kind) ? message : `${name}: ${message}`
}
