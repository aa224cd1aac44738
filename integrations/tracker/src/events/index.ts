/** The analytics.js API: track, page, screen, identify, group, alias, reset and all around them. */

import { emit } from '../base/emitter'
import { methods } from '../base/index'
import { sort } from './arguments'
import { pageNow, type Snapshot } from './context'
import { anonymousId, group, renew, reset, setAnonymousId, user } from './identity'
import { middlewares, send } from './pipeline'

type Read = (texts: string[], data: any, page: Snapshot) => [fields?: object, ...told: any[]]

/**
 * Adds a verb. `read` makes an event's own fields of what it was called with, and says what listeners of the
 * verb are told; nothing when the call lacks what makes it one.
 */
const verb = (type: string, read: Read) => {
  methods[type] = (...args) => {
    const page = pageNow(args)
    const [texts, data, options, callback] = sort(args)
    const [fields, ...told] = read(texts, data, page)
    if (!fields) return console.error(type + ' lacks name or id')
    send({ type, ...fields }, page, options, callback)
    emit(type, ...told, options)
  }
}

verb('track', ([event], properties) => (event ? [{ event, properties }, event, properties] : []))

for (const type of ['page', 'screen'])
  verb(type, (texts, data, page) => {
    const name = texts.pop()
    const [category] = texts
    const properties = { ...(type == 'page' && page), ...data, name, category }
    return [{ name, category, properties }, category, name, properties]
  })

verb('identify', ([id], traits) => {
  if (id && user.id() && id != user.id()) renew() // another person on the same device
  user._set(id, traits)
  return [{ traits: user.traits() }, user.id(), traits]
})

verb('group', ([id], traits) => {
  group._set(id, traits)
  return group.id() ? [{ groupId: group.id(), traits: group.traits() }, group.id(), traits] : []
})

verb('alias', ([userId, from]) =>
  userId ? [{ userId, previousId: from || user.id() || anonymousId() }, userId, from] : [],
)

const sendGroup = methods.group
methods.group = (...args) => (args[0] ? sendGroup(...args) : group)
methods.setAnonymousId = (id) => {
  if (id) setAnonymousId(id)
  return anonymousId()
}
methods.user = () => ({ ...user, anonymousId: methods.setAnonymousId })
methods.reset = reset
methods.addSourceMiddleware = (run) => {
  middlewares.push(run)
}

// What pages written for other analytics.js libraries may call, and what has nothing to do here. What else a
// stub has stays with it and is ignored as well.
for (const name of 'load debug timeout register trackLink trackForm trackClick trackSubmit'.split(' ')) methods[name] = () => {}
