/** Returns any thrown value as text for a log. Never throws, whatever the value is. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value that cannot be printed'
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : errorText(error)
}

/** Explanations and remedies of the limits of open files, by the error code of Node.js. */
export const OPEN_FILE_LIMITS: Readonly<Record<'EMFILE' | 'ENFILE', string>> = {
  EMFILE: 'this process cannot open any more files; raise the limit (ulimit -n)',
  ENFILE: 'this machine cannot open any more files; raise its limit (fs.file-max)',
}
