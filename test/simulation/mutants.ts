/** One mistake: a piece of text in a module, and what a careless hand would have written. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Mistakes that were made before, in other engines (fdv2-protocol.md §9.1), and some that nearly were in this one. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'half a payload survives into the next connection',
    file: 'src/exchange/stream.ts',
    from: 'decoder: (held) => new Decoder(held),',
    to: 'decoder: ((shared) => (held) => (shared ??= new Decoder(held)))(),',
  },
  {
    name: 'a reconnect asks at the basis of the first connection',
    file: 'src/synchronizers/streaming.ts',
    from: 'connect(selector, signal, held)',
    to: 'connect(basis, signal, held)',
  },
  {
    name: 'the basis is not percent-encoded',
    file: 'src/selector/basis.ts',
    from: 'encodeURIComponent(basis.state.toWellFormed())',
    to: 'basis.state',
  },
  {
    name: 'memory compares versions',
    file: 'src/store/memory-store.ts',
    from: 'items.set(change.key, change)',
    to: 'if ((items.get(change.key)?.version ?? 0) < change.version) items.set(change.key, change)',
  },
  {
    name: 'a full payload is merged instead of replacing',
    file: 'src/store/memory-store.ts',
    from: "if (changeSet.type === 'full') this.#items = emptyItems()",
    to: '',
  },
  {
    name: 'an empty delta does not move the selector',
    file: 'src/store/memory-store.ts',
    from: 'this.#selector = advance(this.#selector, changeSet)',
    to: "if (changeSet.type === 'full' || changeSet.changes.length > 0) this.#selector = advance(this.#selector, changeSet)",
  },
  {
    name: 'the selector of an unnamed payload is kept',
    file: 'src/selector/advance.ts',
    from: 'return transfer.selector\n',
    to: 'return transfer.selector ?? current\n',
  },
  {
    name: 'error does not drop what is pending',
    file: 'src/protocol/decoder.ts',
    from: "this.#reset(this.#mode === 'full' ? 'broken' : this.#mode)",
    to: '',
  },
  {
    name: 'after error a full payload goes on where it was',
    file: 'src/protocol/decoder.ts',
    from: "this.#reset(this.#mode === 'full' ? 'broken' : this.#mode)",
    to: 'this.#reset(this.#mode)',
  },
  {
    name: 'a malformed event is skipped and the payload committed without it',
    file: 'src/protocol/decoder.ts',
    from: "if ('malformed' in change) return this.#violation(event, change.malformed, key)",
    to: "if ('malformed' in change) return PENDING",
  },
  {
    name: 'a patch applies to what is held although the payload has changed it',
    file: 'src/protocol/decoder.ts',
    from: "    if (latest) return latest.op === 'put' ? latest.object : undefined\n",
    to: '',
  },
  {
    name: 'a patch changes what is held before its payload is complete',
    file: 'src/protocol/patch.ts',
    from: 'fjp.deepClone(held)',
    to: 'held',
  },
  {
    name: 'a put of an unknown kind is held as a flag',
    file: 'src/protocol/read-event.ts',
    from: "if (!isKind(kind)) return 'unknown kind'\n  if (object === null)",
    to: 'if (object === null)',
  },
  {
    name: 'a goodbye is ignored and the connection kept',
    file: 'src/exchange/stream.ts',
    from: "if (result.type === 'interrupted' || result.type === 'goodbye') return",
    to: "if (result.type === 'interrupted') return",
  },
  {
    name: 'the status is valid when a stream opens',
    file: 'src/datasystem/handle.ts',
    from: "case 'activity':\n      return",
    to: "case 'activity':\n      status.report({ type: 'data', source: source.name })\n      return",
  },
  {
    name: 'any sign of life makes the data young',
    file: 'src/datasystem/follow.ts',
    from: "alive = result.type === 'changeSet' || (alive && result.type === 'activity' && !result.directive)",
    to: 'alive = true',
  },
  {
    name: 'an interruption leaves the status valid',
    file: 'src/datasystem/status.ts',
    from: "next.state === 'off' ? next.state : 'interrupted'",
    to: "next.state === 'off' ? next.state : status.state",
  },
  {
    name: 'a candidate takes over while the stand-in goes on writing',
    file: 'src/datasystem/turn.ts',
    from: '    end = why\n    opening.close()\n',
    to: "    end = why\n    if (why.type !== 'takeover') opening.close()\n",
  },
  {
    name: 'a stale candidate is applied',
    file: 'src/datasystem/probe.ts',
    from: 'opening.openedAt === parts.store.revision',
    to: 'opening.openedAt >= 0',
  },
  {
    name: 'redirects are followed to any host',
    file: 'src/transport/redirects.ts',
    from: 'if (target.origin !== new URL(url).origin) {',
    to: 'if (false) {',
  },
  {
    name: 'a 304 that nobody asked for passes for data',
    file: 'src/exchange/poll.ts',
    from: "response.status === 304 && headers['if-none-match']",
    to: 'response.status === 304',
  },
  {
    name: 'a poll that fails is repeated at once',
    file: 'src/synchronizers/polling.ts',
    from: 'await pause(remaining(), signal)',
    to: 'await pause(100, signal)',
  },
  {
    name: 'a source that hangs before its first data is never left',
    file: 'src/datasystem/conditions.ts',
    from: "  arm('progress', timings.noProgressMs)\n  arm('total', timings.firstDataMs)\n  return {",
    to: '  return {',
  },
  {
    name: 'a stream without headers is given up only when it is silent for long',
    file: 'src/exchange/stream.ts',
    from: 'clock.after(headersMs, giveUp)',
    to: 'clock.after(20 * headersMs, giveUp)',
  },
  {
    name: 'a silent stream is never given up',
    file: 'src/async/watchdog.ts',
    from: 'if (leftMs < 1) bark()',
    to: 'if (leftMs < 1) watch(silenceMs)',
  },
  {
    name: 'a closed connection leaves its watchdog armed',
    file: 'src/exchange/attempt.ts',
    from: '      watchdog.stop()\n',
    to: '',
  },
  {
    name: 'the change event is told only of higher versions',
    file: 'src/store/compare.ts',
    from: 'return a.object.version === b.object.version && isEqual(a.object, b.object)',
    to: 'return Number(b.version) <= Number(a.version)',
  },
  {
    name: 'an order to use FDv1 is forgotten too soon',
    file: 'src/datasystem/run.ts',
    from: 'clock.after(ttlMs, ',
    to: 'clock.after(ttlMs / 10, ',
  },
]
