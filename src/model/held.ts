import type { Kind } from './kind.ts'

/**
 * A view of memory: the object held under a key at this moment, never to be changed. A source sees there what it has said
 * as soon as it is asked for its next result.
 */
export type Held = (kind: Kind, key: string) => object | undefined
