/** `npm test` plays a short piece of what is long; with `TESTS=whole`, as CI runs it, all of it is played. */
export const isWhole = process.env['TESTS'] === 'whole'
