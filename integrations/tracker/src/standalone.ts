/** The Sync Injector for sites that keep another analytics library: hands ids and consent to its events. */

import { adopted } from './adoption'
import { gate } from './base/gate'
import { dressers, followers, methods, setVisitor, starts } from './base/index'
import { doc, listen, win } from './base/page'
import { until } from './until'

let who: any = {}
setVisitor({
  _anonymousId: () => who.anonymousId || (gate._stores() && adopted()),
  _userId: () => who.userId,
  _traits: () => who.traits || {},
})

const follow = () => followers.forEach((run) => run())

/** A source middleware in Segment's form. */
const middleware = ({ payload, next }: any) => {
  const event = payload.obj
  const { anonymousId, userId, traits } = event
  who = { anonymousId, userId, traits: event.type == 'identify' ? traits : userId == who.userId ? who.traits : {} }
  follow()
  event.context = { ...event.context }
  dressers.forEach((dress) => dress(event.context))
  next(payload)
}
methods.middleware = middleware

/** The other library, or its stub that still waits for it. */
const host = () => $._libraryName != 'analytics' && win.analytics

starts.push(() => {
  until(
    host,
    (found) => (found.addSourceMiddleware ? found.addSourceMiddleware(middleware) : found.push(['addSourceMiddleware', middleware])),
    6e4,
  )
  // With a library that takes no middleware there is no event to follow; the page's load is late enough.
  if (doc.readyState == 'complete') setTimeout(follow)
  else listen(win, 'load', () => setTimeout(follow))
})
