/** The analytics.js API: track, page, screen, identify, group, alias, reset and all around them. */

import { emit } from '../base/emitter'
import { methods } from '../base/index'
import { isObject } from '../base/page'
import { sort } from './arguments'
import { isNoted, pageNow, type Snapshot } from './context'
import { anonymousId, group, renew, reset, setAnonymousId, user } from './identity'
import { middlewares, send } from './pipeline'

/** Adds a verb. It gets its arguments without the stub's note of the page, and the page. */
const verb = (name: string, run: (args: any[], page: Snapshot) => void) => {
  methods[name] = (...args) => {
    const noted = isNoted(args[args.length - 1]) ? args.pop() : undefined
    run(args, pageNow(noted))
  }
}

verb('track', (args, page) => {
  const [first] = args
  const sorted = sort(isObject(first) ? [first.event, first.properties || {}, ...args.slice(1)] : args)
  const event = sorted._texts[0]
  if (!event) return console.error('track needs an event name; nothing was sent.')
  send({ type: 'track', event, properties: sorted._data }, page, sorted)
  emit('track', event, sorted._data, sorted._options)
})

for (const type of ['page', 'screen'])
  verb(type, (args, page) => {
    const sorted = sort(args)
    const name = sorted._texts.pop()
    const category = sorted._texts[0]
    const properties = { ...(type == 'page' && page), ...sorted._data, name, category }
    send({ type, name, category, properties }, page, sorted)
    emit(type, category, name, properties, sorted._options)
  })

verb('identify', (args, page) => {
  const sorted = sort(args)
  const [id] = sorted._texts
  const before = user.id()
  if (id && before && id != before) renew() // another person on the same device
  user._set(id, sorted._data)
  send({ type: 'identify', traits: user.traits() }, page, sorted)
  emit('identify', user.id(), sorted._data, sorted._options)
})

verb('group', (args, page) => {
  const sorted = sort(args)
  const [id] = sorted._texts
  group._set(id, sorted._data)
  send({ type: 'group', groupId: group.id(), traits: group.traits() }, page, sorted)
  emit('group', group.id(), sorted._data, sorted._options)
})

verb('alias', (args, page) => {
  const sorted = sort(args)
  const [userId, from] = sorted._texts
  send({ type: 'alias', userId, previousId: from || user.id() }, page, sorted)
  emit('alias', userId, from, sorted._options)
})

const sendsGroup = methods.group
methods.group = (...args) => (args.length ? sendsGroup(...args) : { id: group.id, traits: group.traits })
methods.user = () => ({
  id: user.id,
  traits: user.traits,
  anonymousId: (id?: string) => {
    if (id) setAnonymousId(id)
    return anonymousId()
  },
})
methods.pageview = (url) => methods.page(url ? { path: url } : {})
methods.setAnonymousId = (id) => {
  if (id) setAnonymousId(id)
  return anonymousId()
}
methods.reset = reset
methods.addSourceMiddleware = (run) => {
  middlewares.push(run)
}

// What pages written for other analytics.js libraries may call, and what has nothing to do here.
for (const name of 'load initialize debug timeout register deregister addDestinationMiddleware addIntegrationMiddleware trackLink trackForm trackClick trackSubmit'.split(
  ' ',
))
  methods[name] = () => {}
