/** The limit of open files that an operation reached and its remedy, by the error code of Node.js. */
export const OPEN_FILE_LIMITS: Readonly<Record<'EMFILE' | 'ENFILE', string>> = {
  EMFILE: 'this process cannot open any more files; raise the limit (ulimit -n)',
  ENFILE: 'this machine cannot open any more files; raise its limit (fs.file-max)',
}
