/** The Sync Injector for sites that keep another analytics library: hands ids and consent to its events. */

import { gate } from './base/gate'
import { dressers, followers, methods, setVisitor, starts } from './base/index'
import { call, win } from './base/page'
import { readCookie } from './base/storage'
import { until } from './until'

/** The other library's newest event about the visitor. */
let who: any = {}
setVisitor({
  _anonymousId: () => who.anonymousId || (gate._stores() && readCookie('ajs_anonymous_id')),
  _userId: () => who.userId,
  _traits: () => who.traits || {},
})

const follow = () => followers.forEach(call)

/** A source middleware in Segment's form. */
methods.middleware = ({ payload, next }) => {
  const event = payload.obj
  if (event.type != 'group') who = { traits: event.userId == who.userId && who.traits, ...event }
  follow()
  event.context = { ...event.context }
  dressers.forEach((dress) => dress(event.context))
  next(payload)
}

starts.push(() => {
  const host = () => $._libraryName != 'analytics' && win.analytics.addSourceMiddleware && win.analytics
  until(host, (found) => found.addSourceMiddleware(methods.middleware), 6e4)
  // With a library that takes no middleware there is no event to follow.
  setTimeout(follow, 1e3)
})
