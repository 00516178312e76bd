// Of its own: Vitest would take the project's.
export default { test: { include: ['vitest.test.mjs'] } }
