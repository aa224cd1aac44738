/** trackLink, trackForm, trackClick and trackSubmit, which never hold a visitor up. */

import { methods } from './base/index'
import { call, listen } from './base/page'

/** Sent while the page is left, so the click or submit takes its course at once. */
const tracks = (event: string) => (elements: any, name: any, properties: any, options: any) => {
  const list = elements ? (elements.addEventListener ? [elements] : Array.from(elements)) : []
  const value = (given: any, element: any) => (typeof given == 'function' ? call(given, element) : given)
  for (const element of list as EventTarget[])
    listen(element, event, () => {
      const of = value(properties, element)
      methods.track(value(name, element), of === undefined ? {} : of, options)
    })
}

methods.trackLink = methods.trackClick = tracks('click')
methods.trackForm = methods.trackSubmit = tracks('submit')
