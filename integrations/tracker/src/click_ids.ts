/** Keeps click ids of the page's address as context.clickIds. */

import { gate } from './base/gate'
import { belongings, changes, dressers, starts } from './base/index'
import { key, read, save } from './base/storage'
import { parameter } from './parameter'

const categories = $._clickIdCategories
const store = (name: string) => key('click_' + name)

let saved: Record<string, string> = {}

const look = () => {
  const kept: Record<string, string> = {}
  const allowed = gate._allows(categories)
  if (!allowed) saved = {}
  for (const name of $._clickIds!) {
    const [value] = parameter(name)
    if (!allowed) continue
    if (value && value.length < 1e3 && saved[name] != value) save(store(name), (saved[name] = value), $._keepsClickIdsDays!)
    const stored = read(store(name))
    if (stored) kept[name] = stored
  }
  return kept
}

belongings.push([categories, $._clickIds!.map(store)])
starts.push(look)
changes.push(look)
dressers.push((context) => {
  context.clickIds = { ...look(), ...context.clickIds }
})
