import { ChildProcess } from 'node:child_process'
import { Server, Socket } from 'node:net'

function refuse(action: string): never {
  throw new Error(
    `a unit test must not ${action}: add the module that does it to SLOW_PATHS in test/support/unit-tests.ts`,
  )
}

// The list of unit tests depends on the imports of tests alone, so a test could open a socket through a module of src.
Server.prototype.listen = () => refuse('listen at a port')
Socket.prototype.connect = () => refuse('open a socket')
Object.assign(ChildProcess.prototype, { spawn: () => refuse('start a process') })
