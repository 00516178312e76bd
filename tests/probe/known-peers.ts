import { bodyField, header, oasis, standard, type Contract } from 'fetch-idempotency/contracts'
import type { FindingResult, Findings, ProbeOptions, ProbeReport } from 'fetch-idempotency/probe'
import { hastyClock } from './slow-peer.js'

/** Results in the order of {@link questions}. */
type Results = readonly FindingResult[]

const questions: readonly (keyof Findings)[] = [
  'repetition',
  'other-body',
  'lost-answer',
  'race',
  'no-key',
  'failures',
  'other-path',
]

/** One contract of the in-memory peer, and what a probe of it comes to. */
export interface KnownPeer {
  readonly path: string
  readonly options?: Partial<ProbeOptions>
  readonly results: Results
  readonly conclusion: ProbeReport['conclusion']
  readonly preset?: string
  /** What the contract says, where no preset fits. */
  readonly contract?: string
  readonly sent: number
  /** Times that its work was done. */
  readonly made: number
  /** Writes that were sent once more with the key in another form; they are among `sent`. */
  readonly refusedKeys?: number
  /** What a count changes. */
  readonly counted?: { readonly conclusion: ProbeReport['conclusion']; readonly made: number }
}

const by = (name: string): Contract => standard.with({ carrier: header(name) })

/** Keys are kept for ever, answers are unmarked, other payloads get the first answer, and a second request is held. */
const holding: Results = [
  'first-answer',
  'first-answer',
  'unclear',
  'first-answer',
  'accepted',
  'accepted',
  'first-answer',
]

const conflicting = (failures: FindingResult, race: FindingResult = 'duplicate'): Results => [
  'duplicate',
  'duplicate',
  'duplicate',
  race,
  'accepted',
  failures,
  'not-asked',
]

export const peers: readonly KnownPeer[] = [
  { path: 'adyen', results: holding, conclusion: 'kept', preset: 'standard', sent: 12, made: 6 },
  {
    path: 'checkout',
    options: { contract: by('Cko-Idempotency-Key') },
    results: ['first-answer', 'first-answer', 'unclear', 'refused', 'accepted', 'not-kept', 'first-answer'],
    conclusion: 'kept',
    contract: 'running: { status: 409 }',
    sent: 12,
    made: 6,
  },
  {
    path: 'documents/one',
    options: { method: 'PUT' },
    results: ['unclear', 'unclear', 'unclear', 'unclear', 'accepted', 'accepted', 'unclear'],
    conclusion: 'unclear',
    contract: 'honoursKey: () => false',
    sent: 12,
    made: 12,
    counted: { conclusion: 'ignored', made: 2 },
  },
  {
    path: 'duplicate',
    results: conflicting('not-kept'),
    conclusion: 'kept',
    preset: 'duplicateConflict',
    sent: 12,
    made: 4,
  },
  {
    path: 'dwolla',
    results: ['first-answer', 'first-answer', 'unclear', 'refused', 'accepted', 'accepted', 'first-answer'],
    conclusion: 'kept',
    contract: 'running: { status: 409 }',
    sent: 12,
    made: 6,
  },
  {
    path: 'gocardless',
    results: conflicting('not-kept'),
    conclusion: 'kept',
    preset: 'gocardless',
    sent: 12,
    made: 4,
  },
  {
    path: 'ietf',
    results: ['first-answer', 'refused', 'unclear', 'refused', 'refused', 'unclear', 'not-asked'],
    conclusion: 'kept',
    contract: "reused: { status: 422, code: 'https://example.com/idempotency' }",
    sent: 12,
    made: 4,
  },
  {
    path: 'increase',
    results: ['first-answer', 'refused', 'first-answer', 'first-answer', 'accepted', 'accepted', 'refused'],
    conclusion: 'kept',
    preset: 'increase',
    sent: 12,
    made: 5,
  },
  {
    path: 'interchecks',
    options: { timeoutMs: 1_000 },
    results: conflicting('not-kept', 'no-answer'),
    conclusion: 'kept',
    contract: "id: 'id', result: { status: 201 }, alsoAfterFailure: true",
    sent: 12,
    made: 4,
  },
  { path: 'jobs', results: holding, conclusion: 'kept', preset: 'standard', sent: 12, made: 6 },
  {
    path: 'mangopay',
    results: conflicting('kept'),
    conclusion: 'kept',
    contract: 'alsoAfterFailure: true',
    sent: 12,
    made: 4,
  },
  {
    path: 'oasis',
    options: { contract: oasis },
    results: ['first-answer', 'refused', 'unclear', 'refused', 'refused', 'unclear', 'refused'],
    conclusion: 'kept',
    preset: 'oasis',
    sent: 12,
    made: 4,
  },
  {
    path: 'paypal',
    options: { contract: by('PayPal-Request-Id') },
    results: ['first-answer', 'first-answer', 'unclear', 'refused', 'accepted', 'not-kept', 'first-answer'],
    conclusion: 'kept',
    preset: 'paypal',
    sent: 12,
    made: 5,
  },
  {
    path: 'qurl/v1/qurls',
    results: [
      'first-answer',
      'first-answer',
      'first-answer',
      'first-answer',
      'accepted',
      'kept',
      'first-answer',
    ],
    conclusion: 'kept',
    preset: 'standard',
    sent: 12,
    made: 5,
  },
  {
    path: 'qurl/v1/api-keys',
    results: ['first-answer', 'refused', 'first-answer', 'refused', 'accepted', 'kept', 'accepted'],
    conclusion: 'kept',
    contract: "reused: { status: 409, code: 'idempotency_key_reused' }",
    sent: 12,
    made: 6,
  },
  {
    path: 'resend',
    results: ['first-answer', 'refused', 'unclear', 'refused', 'accepted', 'unclear', 'refused'],
    conclusion: 'kept',
    contract: "running: { status: 409, code: 'concurrent_idempotent_requests' }",
    sent: 12,
    made: 5,
  },
  {
    path: 'reuse/422',
    results: ['first-answer', 'refused', 'unclear', 'first-answer', 'accepted', 'unclear', 'refused'],
    conclusion: 'kept',
    preset: 'standard',
    sent: 12,
    made: 5,
  },
  {
    path: 'square',
    options: { contract: standard.with({ carrier: bodyField('idempotency_key') }) },
    results: ['first-answer', 'refused', 'unclear', 'first-answer', 'refused', 'unclear', 'refused'],
    conclusion: 'kept',
    preset: 'square',
    sent: 12,
    made: 4,
  },
  {
    path: 'whop',
    results: ['first-answer', 'refused', 'unclear', 'refused', 'accepted', 'accepted', 'refused'],
    conclusion: 'kept',
    contract: "reused: { status: 400, code: 'idempotency_key_mismatch' }",
    sent: 12,
    made: 6,
  },
]

/** The options with which a peer is probed. */
export function probeOptionsOf({ path, options }: KnownPeer, url: string): ProbeOptions {
  return {
    url: `${url}/${path}`,
    body: '{"item":"{{unique}}"}',
    invalidBody: '{"item":"{{unique}}","failWith":422}',
    clock: hastyClock,
    ...options,
  }
}

export function resultsOf({ findings }: ProbeReport): Results {
  return questions.map((name) => findings[name].result)
}
