// @ts-check
// The loopback server of the benchmark, in a thread of its own: it reads the body and answers 201 with JSON.
import { createServer } from 'node:http'
import { parentPort } from 'node:worker_threads'
import { answerBody, answerHeaders } from './answer.mjs'

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().on('end', () => {
    response.writeHead(201, { ...answerHeaders, 'content-length': answerBody.length })
    response.end(answerBody)
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  parentPort?.postMessage(typeof address === 'object' && address ? address.port : 0)
})
