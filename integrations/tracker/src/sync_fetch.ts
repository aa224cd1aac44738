/** Identity syncs that ask a vendor's endpoint and take ids from its JSON answer. */

import { dig } from './base/page'
import { askers } from './sync'
import { address, fill } from './sync_request'

askers.fetch = async ({ _options }, signal) => {
  const { _httpMethod: method, _credentials, _body = [], _headers = [], _paths = [] } = _options
  const headers = new Headers()
  const members: Record<string, string> = {}
  let body
  for (const [name, value] of _body) members[name] = await fill(value)
  if (method == 'POST') {
    headers.set('content-type', 'application/json')
    body = JSON.stringify(members)
  }
  for (const [name, value] of _headers) headers.set(name, await fill(value))
  const response = await fetch(await address(_options), {
    method,
    headers,
    body,
    signal,
    credentials: _credentials ? 'include' : 'omit',
    redirect: 'error',
  })
  const answer = await response.json()
  return response.ok ? _paths.map(([, path]) => dig(answer, path)) : []
}
