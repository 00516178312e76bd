import type { Finding, FindingResult, Findings } from './findings.js'

type Texts = Readonly<Partial<Record<FindingResult, string>>>

/** What each result means in the row of each question. */
const rows: Readonly<Record<keyof Findings, readonly [title: string, texts: Texts]>> = {
  repetition: [
    'Sent again, same key',
    {
      'first-answer': 'gets the first answer',
      executed: 'is DONE AGAIN: keys are ignored',
      duplicate: 'is refused as a duplicate',
    },
  ],
  'other-body': [
    'Another body, same key',
    {
      'first-answer': 'gets the first answer, and is not done',
      executed: 'is done: the body is part of the key',
      refused: 'is refused',
      duplicate: 'is refused as a duplicate',
    },
  ],
  'lost-answer': [
    'Sent again after a lost answer',
    {
      'first-answer': 'gets the answer',
      executed: 'is DONE AGAIN',
      duplicate: 'is refused as a duplicate',
      locked: 'stays REFUSED: the key is locked',
    },
  ],
  race: [
    'Two at once, same key',
    {
      'first-answer': 'both get one answer',
      executed: 'BOTH ARE DONE',
      refused: 'the second is refused',
      duplicate: 'the second is refused as a duplicate',
      locked: 'the key stays LOCKED',
      'no-answer': 'the second gets no answer',
    },
  ],
  'no-key': [
    'Without a key',
    {
      accepted: 'is done',
      refused: 'is refused: a key is required',
      'first-answer': "gets ANOTHER write's answer",
    },
  ],
  failures: [
    'An invalid body, twice',
    {
      kept: 'the failure is kept under the key',
      'not-kept': 'the failure is not kept',
      accepted: 'was accepted',
    },
  ],
  'other-user': [
    'Another user, same key',
    {
      'first-answer': "gets the FIRST USER's answer",
      executed: 'is done: the user is part of the key',
      refused: 'is refused',
    },
  ],
  'other-path': [
    'Another path, same key',
    {
      'first-answer': "gets the FIRST path's answer",
      refused: 'is refused as another request',
      duplicate: 'is refused as a duplicate',
      accepted: 'is a request of its own',
    },
  ],
}

const common: Texts = {
  'no-answer': 'gets no answer in time',
  unclear: 'not to be told from the answers',
  'not-asked': 'not asked',
}

/** The table of findings: a title and a sentence for each question. Pure. */
export function describeFindings(
  findings: Findings,
): readonly { readonly title: string; readonly text: string; readonly finding: Finding }[] {
  return Object.entries(rows).map(([name, [title, texts]]) => {
    const finding = findings[name as keyof Findings]
    const { result, status, marker } = finding
    const text = texts[result] ?? common[result] ?? result
    const details =
      result === 'not-asked' ? [finding.obstacle] : [status, marker && `${marker.header}: ${marker.value}`]
    const shown = details.filter((part) => part !== undefined)
    return { title, finding, text: shown.length === 0 ? text : `${text} (${shown.join(', ')})` }
  })
}
