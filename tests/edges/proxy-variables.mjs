import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'

const program = `
  const { createIdempotentFetch, idempotencyOf } = await import('./dist/index.js')
  const send = createIdempotentFetch({ writes: 'never', retry: { backoff: () => 1, maxAttempts: 3 } })
  const result = await send(process.env.TARGET, { method: 'POST', body: '{}' }).catch((error) => error)
  console.log(JSON.stringify({ ...idempotencyOf(result), code: result.code }))
  process.exit()`

/** Node's own proxy variables, which Node 24 and newer heed: what is told of a write by a process that has them set. */
export async function checkProxyVariables(check) {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 24) return
  let made = 0
  let refusal
  let isLost = false
  const target = createServer((asked, response) => {
    asked.resume().on('end', () => {
      made += 1
      if (isLost) asked.socket.resetAndDestroy()
      else response.end('{}')
    })
  })
  // Node 26 asks a proxy for a URL of http: to forward it, and Node 24 for a tunnel.
  const proxy = createServer((asked, answer) => {
    if (refusal !== undefined) return answer.writeHead(refusal).end()
    const { method, headers, url } = asked
    const onward = request(url, { method, headers, agent: false }, (answered) => {
      answer.writeHead(answered.statusCode, answered.headers)
      answered.pipe(answer)
    })
    onward.on('error', () => asked.socket.destroy())
    asked.pipe(onward)
  })
  proxy.on('connect', ({ url }, socket) => {
    socket.on('error', () => undefined)
    if (refusal !== undefined) return socket.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`)
    const [host, port] = url.split(':')
    const onward = connect(port, host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    onward.pipe(socket).pipe(onward)
  })
  for (const server of [target, proxy]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const at = `http://127.0.0.1:${proxy.address().port}`
  const call = async (proxyUrl) => {
    made = 0
    const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxyUrl, NO_PROXY: '', no_proxy: '' }
    const child = spawn(process.execPath, ['--input-type=module', '--no-warnings', '-e', program], {
      cwd: new URL('../..', import.meta.url),
      env: { ...env, TARGET: `http://127.0.0.1:${target.address().port}/` },
      timeout: 20_000,
    })
    let text = ''
    child.stdout.on('data', (chunk) => (text += chunk))
    await once(child, 'close')
    return { ...JSON.parse(text || '{}'), made }
  }
  const expect = async (what, proxyUrl, wanted) => {
    const found = await call(proxyUrl)
    const isRight = Object.entries(wanted).every(([name, value]) => found[name] === value)
    check(`proxy variables, ${what}`, isRight, JSON.stringify(found))
  }
  await expect('a proxy', at, { outcome: 'applied', attempts: 1, made: 1 })
  isLost = true
  await expect('a lost answer', at, { outcome: 'unknown', attempts: 1, made: 1 })
  refusal = 407
  await expect('407', at, { outcome: 'not-applied', attempts: 1, code: 'unsendable', made: 0 })
  // What a proxy answers that forwards may be what the server answered.
  const refused = major < 26 ? { outcome: 'not-applied', attempts: 3 } : { outcome: 'unknown', attempts: 1 }
  for (refusal of [502, 503]) await expect(`${refusal}`, at, { ...refused, made: 0 })
  await expect('a proxy that is away', 'http://127.0.0.1:9', { outcome: 'not-applied', attempts: 3, made: 0 })
  await expect('a name', 'http://nowhere.invalid:80', { outcome: 'not-applied', attempts: 3, made: 0 })
  for (const server of [target, proxy]) {
    server.close()
    server.closeAllConnections()
  }
}
