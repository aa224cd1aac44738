/** Identity syncs that ask a vendor's endpoint and take ids from its JSON answer. */

import { dig } from './dig'
import { askers } from './sync'
import { address, prepare } from './sync_request'

askers.fetch = async (sync, signal) => {
  const { _options } = sync
  const { _httpMethod: method, _credentials, _body = [], _headers = [], _paths = [] } = _options
  const fill = await prepare(sync)
  const headers: Record<string, string> = method ? { 'content-type': 'application/json' } : {}
  const members: Record<string, string> = {}
  for (const [name, value] of _headers) headers[name.toLowerCase()] = fill(value)
  for (const [name, value] of _body) members[name] = fill(value)
  const response = await fetch(address(_options, fill), {
    method,
    headers,
    body: method && JSON.stringify(members),
    signal,
    credentials: _credentials ? 'include' : 'omit',
    redirect: 'error',
  })
  const answer = await response.json()
  return response.ok ? _paths.map(([, path]) => dig(answer, path)) : []
}
