/** Numbers visits: context.sessionId, and sessionStart on the first event of one. */

import { key, read, save } from './base/storage'
import { enrichers } from './events/context'

const name = key('session')

enrichers.push((context) => {
  const stored = read(name)
  const id = stored || '' + Date.now()
  // The stored id ends by itself after so many minutes of quiet.
  save(name, id, $._sessionMinutes! / 1440)
  context.sessionId = +id
  if (!stored) context.sessionStart = true
})
