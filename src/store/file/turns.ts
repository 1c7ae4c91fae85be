/** The last of those that stand in line for a name. */
const lines = new Map<string, Promise<void>>()

/** Does one thing after the other for each name, in this process. How one ends does not concern the next. */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const done = (lines.get(name) ?? Promise.resolve()).then(work)
  const leave = (): void => {
    if (lines.get(name) === over) lines.delete(name)
  }
  const over: Promise<void> = done.then(leave, leave)
  lines.set(name, over)
  return done
}
