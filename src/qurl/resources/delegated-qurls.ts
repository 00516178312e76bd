import { idempotencyOf } from '../../ky/index.js'
import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { DelegatedBatchOutcomeUnknownError } from '../errors.js'
import { mayHaveHappened } from '../may-have-happened.js'
import { keepFacts, keepMeta } from '../meta.js'
import { writeOperations } from '../operations.js'
import { path } from '../path.js'
import type { QURLError } from '../qurl-error.js'
import type { Given } from '../types.js'
import { describeShape, invalid, isRecord } from '../validate.js'
import {
  batchIdForm,
  findAcceptedProblem,
  isEtag,
  qurlIdForm,
  type DelegatedQurlBatchAccepted,
  type GetDelegatedQurlBatchOutput,
} from './delegated-answer.js'
import { acceptedOf, readBatch, readBatchId } from './delegated-batch.js'
import { findDelegatedProblem, type DelegatedQurl } from './delegated-link.js'
import { readDelegatedBatch, type CreateDelegatedQurlBatchInput } from './delegated-input.js'

/** Links that are made on behalf of somebody else, by a capability that they gave. */
export class DelegatedQurls extends Area {
  /**
   * Hands in a batch of up to 100 links, which the service makes in its own time: read the batch with
   * `getDelegatedQurlBatch`. The `idempotencyKey` is required, 32 to 256 visible ASCII characters.
   *
   * @throws {@link DelegatedBatchOutcomeUnknownError} when it may have been accepted.
   */
  async createDelegatedQurlBatch(
    input: Given<CreateDelegatedQurlBatchInput>,
    options: CreateDelegatedQurlBatchOptions,
  ): Promise<DelegatedQurlBatchAccepted> {
    const body = readDelegatedBatch(input)
    checkBatchKey(options)
    const facts = writeOperations.createDelegatedQurlBatch
    let batchId: string | undefined
    try {
      const answer = await this.exchange({
        method: 'POST',
        path: path`/v1/delegated-qurl-batches`,
        body,
        options,
        ...facts,
      })
      batchId = readBatchId(answer.data)
      const problem = findAcceptedProblem(answer, body.grants.length)
      if (problem !== undefined) throw answer.refuse(problem, answer.status)
      return keepMeta(acceptedOf(answer), answer)
    } catch (error) {
      if (!mayHaveHappened(error, isRefusal)) throw error
      const named = batchId ?? readBatchId(error.data)
      const other = named === undefined ? '' : 'read it with getDelegatedQurlBatch, or '
      const detail = `createDelegatedQurlBatch: it may have been accepted; ${other}call again with the same idempotencyKey and input`
      throw keepFacts(new DelegatedBatchOutcomeUnknownError(error, named, detail), outcomeUnknown(error))
    }
  }

  /**
   * Reads a batch. Wait `retry_after` seconds between two readings and give the `etag` of the last one: a batch that has not
   * changed is a 304 without content. A 200 has the links.
   */
  async getDelegatedQurlBatch(
    batchId: string,
    options: GetDelegatedQurlBatchOptions = {},
  ): Promise<GetDelegatedQurlBatchOutput> {
    checkForm('getDelegatedQurlBatch', 'batchId', batchId, batchIdForm)
    const { etag, ...rest } = readOptions(options)
    const answer = await this.exchange({
      method: 'GET',
      path: path`/v1/delegated-qurl-batches/${batchId}`,
      options: rest,
      ...(etag === undefined ? {} : { headers: { 'If-None-Match': etag } }),
      accepts: (status) => status === 304 && etag !== undefined,
    })
    return keepMeta(readBatch(answer, batchId, etag), answer)
  }

  /** Reads one link of a delegated batch. The link itself is not shown again. */
  async getDelegatedQurl(id: string, options?: ReadOptions): Promise<DelegatedQurl> {
    checkForm('getDelegatedQurl', 'id', id, qurlIdForm)
    const answer = await this.exchange({ method: 'GET', path: path`/v1/delegated-qurls/${id}`, options })
    const problem = findDelegatedProblem(answer.data, id)
    if (problem !== undefined) throw answer.refuse(problem, answer.status)
    return keepMeta(answer.data as DelegatedQurl, answer)
  }

  /**
   * Revokes one link of a delegated batch. The service answers 503 `mutation_outcome_unknown` when it does not know yet whether
   * it is done: it is asked again, and so may you, until it says so.
   */
  deleteDelegatedQurl(id: string, options?: ReadOptions): Promise<void> {
    const makePath = () => {
      checkForm('deleteDelegatedQurl', 'id', id, qurlIdForm)
      return path`/v1/delegated-qurls/${id}`
    }
    return this.remove(makePath, options)
  }
}

export interface CreateDelegatedQurlBatchOptions extends RequestOptions {
  /** 32 to 256 visible ASCII characters. The same key with the same input is the same batch. */
  idempotencyKey: string
}

export interface GetDelegatedQurlBatchOptions extends ReadOptions {
  /** The `etag` of the last reading. */
  etag?: string | undefined
}

/** 408 says only that the service waited too long, and 501 that it cannot do this at all. */
const isRefusal = ({ status }: QURLError): boolean =>
  (status >= 400 && status < 500 && status !== 408) || status === 501

function outcomeUnknown(error: QURLError) {
  const facts = idempotencyOf(error)
  return facts && { ...facts, outcome: 'unknown' as const }
}

function checkBatchKey(options: unknown): void {
  const key = isRecord(options) ? options['idempotencyKey'] : undefined
  if (typeof key === 'string' && /\s/.test(key))
    throw invalid('options.idempotencyKey: must be visible ASCII, without spaces')
}

function checkForm(method: string, name: string, value: unknown, form: RegExp): void {
  if (typeof value === 'string' && form.test(value)) return
  const shape = typeof value === 'string' ? 'another text' : describeShape(value)
  throw invalid(
    `${method}: ${name}: must be an id of the form ${form.source.slice(1, 5).replace('[', '')}… (got ${shape})`,
  )
}

function readOptions(options: unknown): { readonly etag?: string } & ReadOptions {
  if (!isRecord(options)) throw invalid(`options: must be an object (got ${describeShape(options)})`)
  const { etag, ...rest } = options as { etag?: unknown } & ReadOptions
  if (etag === undefined) return rest
  if (!isEtag(etag)) throw invalid('options.etag: must be a strong ETag of at most 96 characters')
  return { etag, ...rest }
}
