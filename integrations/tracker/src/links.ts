/** Adds trackLink, trackForm, trackClick and trackSubmit, which never hold a visitor up. */

import { methods } from './base/index'
import { call } from './base/page'
import { listen } from './listen'

/** Sent while the page is left, so the click or submit takes its course at once. */
const tracks = (event: string) => (elements: any, name: any, properties: any, options: any) => {
  const list = elements && elements.addEventListener ? [elements] : Array.from(elements || [])
  const value = (given: any, element: any) => (typeof given == 'function' ? call(given, element) : given)
  for (const element of list as EventTarget[])
    listen(element, event, () => methods.track(value(name, element), value(properties, element) || null, options))
}

methods.trackLink = methods.trackClick = tracks('click')
methods.trackForm = methods.trackSubmit = tracks('submit')
