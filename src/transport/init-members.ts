/** What `fetch` reads of its second argument, in the runtimes that are known, whether it is the object's own or inherited. */
const known = [
  'method,headers,body,signal,duplex,cache,credentials,integrity,keepalive,mode,priority,redirect,referrer',
  'referrerPolicy,window,dispatcher,client,cf,retryOptions,targetAddressSpace,agent,follow,compress,size,proxy,tls,unix',
  // Those of ours.
  'idempotencyKey,idempotency',
]
  .join(',')
  .split(',')

/**
 * The members of an `init`, read once. `fetch` reads inherited ones too, such as those of a `Request` or of an object that was
 * made from another; to spread it would lose them.
 */
export function readInit<Init extends object>(init: Init): Init {
  const prototype: unknown = Object.getPrototypeOf(init)
  if (prototype === Object.prototype || prototype === null) return { ...init }
  const members: Record<string, unknown> = {}
  for (const name of known) {
    const value = (init as Record<string, unknown>)[name]
    if (value !== undefined) members[name] = value
  }
  return { ...members, ...init } as Init
}
