import { Socket } from 'node:net'

export type Callback = (...result: [null, Socket] | [Error, null]) => void
export type Connect<Options> = (options: Options, callback: Callback) => unknown

/** Connects the same way; none of the connections keeps the process alive, however often undici takes hold of it. */
export function detached<Options>(connect: Connect<Options>): Connect<Options> {
  return (options, callback) => {
    const begun: unknown = connect(options, (...result) => {
      // What comes through a proxy is shown only when it is there.
      if (result[1]) detach(result[1])
      callback(...result)
    })
    if (begun instanceof Socket) detach(begun)
    return begun
  }
}

function detach(socket: Socket): void {
  const unref = (): unknown => socket.unref()
  socket.ref = () => socket
  // A name with several addresses is tried with a handle for each.
  socket.on('connectionAttempt', unref).on('connect', unref)
  unref()
}
