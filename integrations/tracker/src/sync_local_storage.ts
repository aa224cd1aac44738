/** Identity syncs that take an item that the site or a vendor left in localStorage. */

import { readers } from './sync'
import { dig } from './dig'

readers.localStorage = ({ _key, _path }) => {
  const item = localStorage.getItem(_key!)
  return _path ? dig(JSON.parse(item!), _path) : item
}
