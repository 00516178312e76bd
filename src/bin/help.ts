/** What `--help` prints. */
export const help = `fetch-idempotency probe <url>   finds out what a server does with an idempotency key

It makes real things: use a sandbox. Without --yes it says what it would send, and sends nothing.

What is sent
  --method <method>        POST, PUT, PATCH or DELETE                              [POST]
  --header <name: value>   a header of every request; more than once; @file reads lines of them
  --body <text>            a body that is accepted; {{unique}} and {{uuid}} have new values in
                           each write; @file reads it                [{"probe":"{{unique}}"}]
  --other-body <text>      one that differs in a harmless field      [--body, with new values]
  --invalid-body <text>    one that is refused as invalid            [{} where --body is JSON]
  --token2 <token>         bearer token of a second user, or a whole "name: value" header
  --other-path <path>      another path, for one write with a used key     [a path below <url>]

How the key travels
  --key-header <name>      the header it is in                                [Idempotency-Key]
  --key-quoted             in double quotes, as the IETF draft has it
  --key-field <path>       in a field of the JSON body, such as idempotency_key
  --key-query <name>       in a query parameter
  --preset <name>          as a preset of fetch-idempotency/contracts has it

What is seen
  --count <url>            a list of the things, to count them; shows races
  --id <field>             the field of an answer that names a thing, such as data.id
  --delete <path>          deletes each thing at the end; {id} stands for its id
  --save <file>            keeps what --again needs
  --again <file>           asks whether the key of an earlier run is still known

Limits
  --budget <number>        most writes                                                     [12]
  --timeout <seconds>      longest time for one request                                    [10]
  --yes                    send it
  --json                   the report as JSON

Exit codes: 0 keys are honoured, 1 something dangerous was seen, 2 a wrong option, 3 it ended early
(401, 403, 429, a redirect, the first write or a count failed), 4 nothing was sent (no --yes),
5 the answers do not tell, 130 Ctrl-C.
`
