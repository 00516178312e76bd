import { describeShape, invalid } from '../validate.js'

/**
 * The access token in a link, or the token itself: what stands after the first `#`, or the last part of an `/at_…` path.
 *
 * @throws {@link ValidationError} for anything else. Its text never shows the input, which is a credential.
 */
export function readAccessToken(linkOrToken: unknown): string {
  if (typeof linkOrToken !== 'string' || linkOrToken.trim() === '') {
    const shape = typeof linkOrToken === 'string' ? 'a blank one' : describeShape(linkOrToken)
    throw invalid(`enterPortal: needs a link or token (got ${shape})`)
  }
  const token = findToken(linkOrToken.trim())
  if (token.split('.').length > 2) {
    throw invalid(
      'enterPortal: this is a signed link, which only a browser can open; it takes links with an access token',
    )
  }
  if (!/^[A-Za-z0-9_-]+$/.test(token)) throw invalid('enterPortal: this is no link or access token')
  return token
}

function findToken(text: string): string {
  const hash = text.indexOf('#')
  if (hash >= 0) return text.slice(hash + 1)
  return /^https?:\/\/[^/?#]+\/(?:[^?#]*\/)?(at_[A-Za-z0-9_-]+)$/i.exec(text)?.[1] ?? text
}
