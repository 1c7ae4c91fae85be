/** Keeps a process until it is ended: nothing a client has open does. */
export function stay(): void {
  setInterval(() => {}, 60_000)
}
