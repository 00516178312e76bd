import { fileURLToPath } from 'node:url'

/** The packages stand two folders above this one. */
const root = fileURLToPath(new URL('../..', import.meta.url))

export default { turbopack: { root }, outputFileTracingRoot: root }
